"""Takes up requested payments: claim, ask the processor for the money, settle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from saldo_messaging import ClaimLoop, Step
from saldo_work import Answer

from saldo_payments.application.charge_requests import charge_request
from saldo_payments.application.ports import CardProcessor
from saldo_payments.application.settle_charge import SettleCharge
from saldo_payments.domain.payment import Payment

SIDE_BY_SIDE_MAX = 64  # calls to the processor at once; each waits for some tenths of a second


def collection_loop(to_charge: Callable[[int], Awaitable[Sequence[Step]]], processor: CardProcessor) -> ClaimLoop:
    """A claim that ended or held its payment instead of beginning a charge answers nothing and asks nobody."""

    async def call(answer: Answer) -> SettleCharge | None:
        if answer is None:
            return None
        request = charge_request(answer)
        return SettleCharge(
            account_id=request.account_id,
            payment_id=request.payment_id,
            attempt_id=request.attempt_id,
            outcome=await processor.charge(request),
        )

    return ClaimLoop(
        name="collection",
        candidates=to_charge,
        call=call,
        concurrency=SIDE_BY_SIDE_MAX,
        batch=SIDE_BY_SIDE_MAX,
        watches=frozenset({Payment}),
    )
