"""The mails that reached people, as the SMTP server that took them keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; `notice_id` is what its Message-ID was derived from."""

    id: int
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    notice_id: str


class MailBox:
    """Every address of the test world."""

    def __init__(self, api_url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=api_url, timeout=30.0)

    async def close(self) -> None:
        await self._client.aclose()

    async def mails(self, *, to: str | None = None) -> Sequence[Mail]:
        """In the order of arrival; `to` is one recipient of the SMTP envelope."""
        found: list[Mail] = []
        while True:
            since = found[-1].id if found else 0
            about = {"since_id": since, "limit": PAGE} | ({"to": to} if to else {})
            answer = await self._client.get("/messages", params=about)
            answer.raise_for_status()
            page = [_mail(one) for one in answer.json()["messages"]]
            found += page
            if len(page) < PAGE:
                return found


def _mail(one: dict[str, object]) -> Mail:
    recipients = one["rcpt_to"]
    assert isinstance(recipients, list)
    return Mail(
        id=int(str(one["id"])),
        to=tuple(recipients),
        subject=str(one["subject"]),
        text=str(one["text"]),
        html=str(one["html"]),
        notice_id=str(one["message_id"]).strip("<>").partition("@")[0],
    )
