"""Looks for notices that wait for a contact or a recipient and need not any longer, whichever came first."""

from __future__ import annotations

from collections.abc import Sequence

from saldo_messaging import ClaimLoop, Step
from saldo_work import Answer

from saldo_notifications.application.address_notice import AddressNotice
from saldo_notifications.application.take_up_waiting_notice import TakeUpWaitingNotice
from saldo_notifications.domain.account import Account
from saldo_notifications.domain.contact import Contact
from saldo_notifications.entrypoints.candidates import Candidate, FindCandidates, step

POLL_SECONDS = 0.2  # a contact that is late makes a late mail anyway; wake-ups after commits come on top


def waiting_loop(find_released: FindCandidates) -> ClaimLoop:
    async def candidates(limit: int) -> Sequence[Step]:
        found = await find_released(limit)
        return [step(one, _command(one)) for one in found]

    async def nothing_to_call(claimed: Answer) -> None:
        return None

    return ClaimLoop(
        name="waiting",
        candidates=candidates,
        call=nothing_to_call,
        poll_seconds=POLL_SECONDS,
        watches=frozenset({Account, Contact}),
    )


def _command(found: Candidate) -> AddressNotice | TakeUpWaitingNotice:
    if found.contact_id is None:
        return AddressNotice(found.notice_id, found.event_id, found.account_id)
    return TakeUpWaitingNotice(found.notice_id, found.contact_id)
