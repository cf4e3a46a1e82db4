"""Which command each kind of timer wakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from saldo_work import Json

from saldo_payments.application import timers as kinds
from saldo_payments.application.abandon_authentication import AbandonAuthentication
from saldo_payments.application.alarm_in_doubt import AlarmInDoubt
from saldo_payments.application.alarm_undecided_method import AlarmUndecidedMethod
from saldo_payments.application.retry_payment import RetryPayment

TIMERS: Mapping[str, Callable[[Mapping[str, Json]], object]] = {
    kinds.RETRY_PAYMENT: lambda payload: RetryPayment(
        account_id=str(payload["account_id"]), payment_id=str(payload["payment_id"])
    ),
    kinds.AUTHENTICATION_OVER: lambda payload: AbandonAuthentication(attempt_id=str(payload["attempt_id"])),
    kinds.IN_DOUBT_ALARM: lambda payload: AlarmInDoubt(
        payment_id=str(payload["payment_id"]), attempt_id=str(payload["attempt_id"])
    ),
    kinds.METHOD_UNDECIDED: lambda payload: AlarmUndecidedMethod(payment_method_id=str(payload["payment_method_id"])),
}
