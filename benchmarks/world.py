"""The accounts every figure is taken with, and the payments that come to them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

from saldo_contracts import events as told
from saldo_contracts.wire import Amount

ACCOUNTS = 10_000
SHARE_MAX = 0.01  # of all payments, for any account: a hot row would flatter batches and punish single messages
SELLER = "borealis"
CURRENCY = "EUR"
PAYMENT_MINOR_UNITS = 100
SEED = 20_261_128  # the same accounts are drawn in every run
NAMESPACE = UUID("5a1d0b15-0000-5000-8000-000000000002")  # the bench's own

ACCOUNT_IDS = tuple(str(uuid5(NAMESPACE, f"account|{number}")) for number in range(ACCOUNTS))


def drawn(payments: int) -> list[str]:
    """The accounts of so many payments, evenly drawn, so that each gets far below SHARE_MAX of them."""
    draw = random.Random(SEED)  # noqa: S311  # a fair draw, not a secret
    return [draw.choice(ACCOUNT_IDS) for _ in range(payments)]


def spread(account_ids: Sequence[str], payments: int) -> list[str]:
    """The accounts of so many payments in a shuffled order, each as often as the next (once more or less)."""
    draw = random.Random(SEED)  # noqa: S311  # a fair draw, not a secret
    order = [account_id for _ in range(-(-payments // len(account_ids))) for account_id in account_ids][:payments]
    draw.shuffle(order)
    return order


def payments_succeeded(payments: int) -> Iterator[told.PaymentSucceeded]:
    """As payments tells them."""
    captured_at = datetime.now(UTC)
    card = told.MethodSummary(kind=told.MethodKind.CARD, brand="visa", last_four="4242")
    for account_id in drawn(payments):
        yield told.PaymentSucceeded(
            account_id=account_id,
            seller_id=SELLER,
            payment_id=str(uuid4()),
            amount=Amount(minor_units=PAYMENT_MINOR_UNITS, currency=CURRENCY),
            attempt_id=str(uuid4()),
            origin=told.PaymentOrigin.ONE_TIME,
            customer_present=True,
            intended_invoice_ids=(),
            payment_method_id=None,
            method=card,
            captured_at=captured_at,
            receipt_contact_id=None,
        )
