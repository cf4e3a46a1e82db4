"""The bodies that the API answers with; never a token, never a number of a card."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from saldo_contracts.wire import Amount
from saldo_money import Money
from saldo_work import Json

from saldo_payments.application.ports import AccountView, AttemptView, MethodView, PaymentView
from saldo_payments.application.read_payments import PaymentDetails
from saldo_payments.domain.declines import CONSEQUENCES, DeclineReason


class MethodBody(BaseModel):
    """A card on file; `next_action_url` is the issuer's page while its holder is waited for."""

    payment_method_id: str
    kind: str
    status: str
    brand: str
    last_four: str
    expiry_year: int
    expiry_month: int
    is_default: bool
    submitted_at: datetime
    decision_due_at: datetime
    decided_at: datetime | None
    decision_overdue: bool
    rejection: str | None
    rests_until: datetime | None
    next_action_url: str | None
    contact_id: str


class MethodAccepted(BaseModel):
    """A card that waits for its check."""

    payment_method_id: str
    status: str
    decision_due_at: datetime


class MethodState(BaseModel):
    payment_method_id: str
    status: str


class DefaultBody(BaseModel):
    default_payment_method_id: str


class AutopayState(BaseModel):
    enabled: bool


class AutopayBody(BaseModel):
    """`collects_automatically`: invoices are charged when they are issued; never for accounts that pay by transfer."""

    enabled: bool
    collects_automatically: bool
    default_payment_method_id: str | None


class PaymentState(BaseModel):
    """Where a payment stands."""

    payment_id: str
    status: str
    amount: Amount


class ResolvedBody(BaseModel):
    payment_id: str
    status: str


class AttemptBody(BaseModel):
    """One call to the processor."""

    attempt_id: str
    number: int
    status: str
    amount: Amount
    payment_method_id: str | None
    reason: str | None
    started_at: datetime
    settled_at: datetime | None
    next_action_url: str | None
    expires_at: datetime | None


class PaymentBody(BaseModel):
    """`asked` is what was wished, `amount` what the last look left of it."""

    payment_id: str
    origin: str
    status: str
    asked: Amount
    amount: Amount
    invoice_id: str | None
    payment_method_id: str | None
    brand: str | None
    last_four: str | None
    requested_at: datetime
    ended_at: datetime | None
    captured_at: datetime | None
    reason: str | None
    advice: str | None
    next_automatic_try_at: datetime | None
    held_until: datetime | None
    needs_operator: bool
    resolution_reason: str | None


class PaymentDetailsBody(PaymentBody):
    """With its attempts, the issuer's page if the payer is waited for, and when a next try is possible."""

    attempts: list[AttemptBody]
    next_action_url: str | None
    earliest_next_try_at: datetime | None


def method_body(method: MethodView) -> Json:
    return MethodBody(
        payment_method_id=method.payment_method_id,
        kind="card",
        status=method.status,
        brand=method.brand,
        last_four=method.last_four,
        expiry_year=method.expiry_year,
        expiry_month=method.expiry_month,
        is_default=method.is_default,
        submitted_at=method.submitted_at,
        decision_due_at=method.decision_due_at,
        decided_at=method.decided_at,
        decision_overdue=method.decision_overdue,
        rejection=method.rejection,
        rests_until=method.rests_until,
        next_action_url=method.next_action_url,
        contact_id=method.contact_id,
    ).model_dump(mode="json")


def autopay_body(account: AccountView) -> Json:
    return AutopayBody(
        enabled=account.autopay,
        collects_automatically=account.autopay and account.automatic_collection,
        default_payment_method_id=account.default_method_id,
    ).model_dump(mode="json")


def payment_body(payment: PaymentView) -> Json:
    return _payment(payment).model_dump(mode="json")


def payment_details_body(details: PaymentDetails) -> Json:
    payment = details.payment
    return PaymentDetailsBody(
        **dict(_payment(payment)),
        attempts=[_attempt(attempt) for attempt in payment.attempts],
        next_action_url=payment.attempts[-1].next_action_url if payment.attempts else None,
        earliest_next_try_at=details.earliest_next_try_at,
    ).model_dump(mode="json")


def payment_state(payment: PaymentView) -> Json:
    state = PaymentState(payment_id=payment.payment_id, status=payment.status, amount=_amount(payment.amount))
    return state.model_dump(mode="json")


def _payment(payment: PaymentView) -> PaymentBody:
    return PaymentBody(
        payment_id=payment.payment_id,
        origin=payment.origin,
        status=payment.status,
        asked=_amount(payment.asked),
        amount=_amount(payment.amount),
        invoice_id=payment.invoice_id,
        payment_method_id=payment.payment_method_id,
        brand=payment.brand,
        last_four=payment.last_four,
        requested_at=payment.requested_at,
        ended_at=payment.ended_at,
        captured_at=payment.captured_at,
        reason=payment.reason,
        advice=CONSEQUENCES[DeclineReason(payment.reason)].advice.value if payment.reason else None,
        next_automatic_try_at=payment.next_automatic_try_at,
        held_until=payment.held_until,
        needs_operator=payment.in_doubt_alarmed and payment.status == "in_doubt",
        resolution_reason=payment.resolution_reason,
    )


def _attempt(attempt: AttemptView) -> AttemptBody:
    return AttemptBody(
        attempt_id=attempt.attempt_id,
        number=attempt.number,
        status=attempt.status,
        amount=_amount(attempt.amount),
        payment_method_id=attempt.payment_method_id,
        reason=attempt.reason,
        started_at=attempt.started_at,
        settled_at=attempt.settled_at,
        next_action_url=attempt.next_action_url,
        expires_at=attempt.expires_at,
    )


def _amount(money: Money) -> Amount:
    return Amount(minor_units=money.minor_units, currency=money.currency.code)
