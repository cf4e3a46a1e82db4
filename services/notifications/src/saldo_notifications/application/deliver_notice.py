"""Between claim and settle, outside every transaction: write the mail and hand it to the server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from saldo_work import Answer, Json

from saldo_notifications.application.ports import AddressUnusable, Letter, LetterFaulty, Letters, Mailer
from saldo_notifications.application.settle_notice import SettleNotice
from saldo_notifications.domain.answers import ServerAnswer, Stage, without_addresses


class DeliverNotice:
    def __init__(self, *, letters: Letters, mailer: Mailer) -> None:
        self._letters = letters
        self._mailer = mailer

    async def __call__(self, claimed: Answer) -> SettleNotice | None:
        """None when the claim found nothing to deliver. Ends within the mailer's timeout."""
        if claimed is None:
            return None
        answer = await self._deliver(letter_of(claimed))
        return SettleNotice(
            notice_id=str(claimed["notice_id"]),
            claim=int(str(claimed["claim"])),
            stage=answer.stage.value,
            code=answer.code,
            text=without_addresses(answer.text),  # before it becomes a command, which others may see
        )

    async def _deliver(self, letter: Letter) -> ServerAnswer:
        try:
            mail = self._letters.write(letter)
        except LetterFaulty as fault:
            return ServerAnswer(Stage.COMPOSE, None, str(fault))
        except AddressUnusable as fault:
            return ServerAnswer(Stage.ADDRESS, None, str(fault))
        return await self._mailer.send(mail)


def letter_of(claimed: Mapping[str, Json]) -> Letter:
    """The letter that a claim's answer describes."""
    name = claimed["name"]
    return Letter(
        notice_id=str(claimed["notice_id"]),
        seller_id=str(claimed["seller_id"]),
        event_type=str(claimed["event_type"]),
        facts=str(claimed["facts"]),
        template=str(claimed["template"]),
        language=str(claimed["language"]),
        account_number=str(claimed["account_number"]),
        time_zone=str(claimed["time_zone"]),
        name=None if name is None else str(name),
        email=str(claimed["email"]),
        written_at=datetime.fromisoformat(str(claimed["written_at"])),
    )
