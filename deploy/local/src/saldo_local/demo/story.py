"""The story: what Ada, Bruno and time do, and which facts must come of it - names and counts, never texts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from saldo_local.demo.customers import Customer, Doors
from saldo_local.demo.witnesses import Witnesses
from saldo_local.suite import Suite

STARTS_AT = datetime(2026, 1, 12, 9, tzinfo=UTC)
GOOD_CARD = "pm_card_visa"
EMPTY_CARD = "pm_card_chargeCustomerFail"  # can be stored, and declines every charge
PARTIAL_MINOR_UNITS = 20_00

FIRST_INVOICE = Counter(
    AccountOpened=1, PaymentMethodSubmitted=1, PaymentMethodValidated=1, DefaultPaymentMethodChanged=1
)


class Story:
    """Each chapter acts, lets the system come to rest, and says which facts it must have told."""

    def __init__(self, suite: Suite, doors: Doors, witnesses: Witnesses) -> None:
        self._suite = suite
        self._doors = doors
        self._witnesses = witnesses
        self.ada: Customer | None = None
        self.bruno: Customer | None = None
        self.expected: dict[str, Counter[str]] = {}
        self.mails: dict[str, int] = {}
