"""Looks for notices whose time has come and has them delivered: claim, call the mail server, settle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from saldo_messaging import ClaimLoop, Step

from saldo_notifications.application.claim_notice import ClaimNotice
from saldo_notifications.application.deliver_notice import DeliverNotice
from saldo_notifications.domain.notice import Notice
from saldo_notifications.entrypoints.candidates import FindCandidates, step


class MailServer(Protocol):
    """Whether it is worth while to claim anything."""

    @property
    def paused(self) -> bool: ...


def delivery_loop(
    find_due: FindCandidates, deliver: DeliverNotice, *, mail_server: MailServer, connections_max: int
) -> ClaimLoop:
    """As many deliveries at once as there are connections: a claimed notice never waits for one on its lease."""

    async def candidates(limit: int) -> Sequence[Step]:
        if mail_server.paused:
            return []
        found = await find_due(limit)
        return [step(one, ClaimNotice(one.notice_id, one.contact_id)) for one in found if one.contact_id is not None]

    return ClaimLoop(
        name="delivery",
        candidates=candidates,
        call=deliver,
        concurrency=connections_max,
        batch=connections_max,
        watches=frozenset({Notice}),
    )
