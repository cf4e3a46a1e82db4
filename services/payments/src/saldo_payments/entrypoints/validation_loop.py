"""Takes up cards that wait for their check: claim, have the processor keep them, settle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from saldo_messaging import ClaimLoop, Step
from saldo_work import Answer

from saldo_payments.application.charge_requests import card_check_request
from saldo_payments.application.ports import CardProcessor
from saldo_payments.application.settle_validation import SettleValidation
from saldo_payments.domain.payment_method import PaymentMethod

SIDE_BY_SIDE_MAX = 8


def validation_loop(to_check: Callable[[int], Awaitable[Sequence[Step]]], processor: CardProcessor) -> ClaimLoop:
    """A check moves no money, so one without an answer is simply asked again later."""

    async def call(answer: Answer) -> SettleValidation | None:
        if answer is None:
            return None
        request = card_check_request(answer)
        return SettleValidation(
            payment_method_id=request.payment_method_id,
            account_id=request.account_id,
            outcome=await processor.keep_card(request),
        )

    return ClaimLoop(
        name="validation",
        candidates=to_check,
        call=call,
        concurrency=SIDE_BY_SIDE_MAX,
        batch=SIDE_BY_SIDE_MAX,
        watches=frozenset({PaymentMethod}),
    )
