"""Things of the domain as a test needs them, with ids of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from saldo_money import Money
from saldo_payments.domain.account import Account
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import PaymentOrigin, PaymentStatus

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def an_account(account_id: str | None = None, *, country: str = "US", automatic: bool = True) -> Account:
    return Account(
        account_id=account_id or str(uuid4()),
        seller_id="borealis",
        account_number="B-1",
        account_version=1,
        currency="EUR",
        country=country,
        automatic_collection=automatic,
        is_open=True,
    )


def a_method(account: Account, card: str = "pm_card_visa", status: MethodStatus = MethodStatus.ACTIVE) -> PaymentMethod:
    return PaymentMethod(
        payment_method_id=str(uuid4()),
        account_id=account.account_id,
        seller_id=account.seller_id,
        contact_id=str(uuid4()),
        processor_token=card,
        brand="visa",
        last_four="4242",
        expiry_year=2030,
        expiry_month=8,
        status=status,
        wanted_as_default=False,
        submitted_at=NOW,
        decision_due_at=NOW + timedelta(hours=24),
        recorded_at=NOW,
        traceparent=None,
        tracestate=None,
        processor_customer="customer",
    )


def a_payment(
    minor_units: int,
    *,
    account_id: str = "account",
    invoice_id: str | None = None,
    origin: PaymentOrigin = PaymentOrigin.ONE_TIME,
    status: PaymentStatus = PaymentStatus.REQUESTED,
    token: str | None = "pm_card_visa",  # noqa: S107  # a name of a test card
) -> Payment:
    return Payment(
        payment_id=str(uuid4()),
        account_id=account_id,
        seller_id="borealis",
        origin=origin,
        status=status,
        asked=Money(minor_units, "EUR"),
        amount=Money(minor_units, "EUR"),
        invoice_id=invoice_id,
        payment_method_id=None,
        one_time_token=token,
        surplus_confirmed=False,
        requested_at=NOW,
        recorded_at=NOW,
        traceparent=None,
        tracestate=None,
    )
