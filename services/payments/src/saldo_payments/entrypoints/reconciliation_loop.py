"""Takes up attempts whose answer is missing: claim the question, ask the processor, settle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from saldo_messaging import ClaimLoop, Step
from saldo_work import Answer

from saldo_payments.application.charge_requests import charge_request
from saldo_payments.application.ports import CardProcessor
from saldo_payments.application.settle_charge import SettleCharge

SIDE_BY_SIDE_MAX = 8  # questions after an outage must not starve the charges of today
POLL_SECONDS = 0.2  # nothing here is younger than seconds


def reconciliation_loop(to_ask: Callable[[int], Awaitable[Sequence[Step]]], processor: CardProcessor) -> ClaimLoop:
    """A payer's time that is over turns the question into a request to cancel."""

    async def call(answer: Answer) -> SettleCharge | None:
        if answer is None:
            return None
        request = charge_request(answer)
        ask = processor.call_off if answer["call_off"] else processor.look_up
        return SettleCharge(
            account_id=request.account_id,
            payment_id=request.payment_id,
            attempt_id=request.attempt_id,
            outcome=await ask(request),
        )

    return ClaimLoop(
        name="reconciliation",
        candidates=to_ask,
        call=call,
        concurrency=SIDE_BY_SIDE_MAX,
        batch=SIDE_BY_SIDE_MAX,
        poll_seconds=POLL_SECONDS,
        watches=frozenset(),  # leases run out by time, no commit brings that about
    )
