"""An account that is paid, and the two lines each payment leaves in its journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from saldo_contracts.derived_ids import derived_id
from saldo_money import Money

LINE_NAMESPACE = UUID("5a1d0b15-0000-5000-8000-000000000001")  # the bench's own


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a payment; its id follows from the payment, so a payment is entered once."""

    line_id: str
    account_id: str
    payment_id: str
    side: Side
    amount: Money


@dataclass(frozen=True, slots=True)
class Paid:
    """Domain event: money came and moved the balance."""

    payment_id: str
    amount: Money
    at: datetime


@dataclass(slots=True)
class Account:
    """`balance` is what is owed; negative when there is more money than debt."""

    account_id: str
    seller_id: str
    balance: Money
    version: int = 0
    events: list[Paid] = field(default_factory=list)

    def receive(self, payment_id: str, amount: Money, at: datetime) -> tuple[Line, Line]:
        """Enter a payment; its two lines."""
        self.balance -= amount
        self.events.append(Paid(payment_id, amount, at))
        return self._line(payment_id, Side.DEBIT, amount), self._line(payment_id, Side.CREDIT, amount)

    def _line(self, payment_id: str, side: Side, amount: Money) -> Line:
        line_id = derived_id(LINE_NAMESPACE.bytes, f"{payment_id}|{side.value}")
        return Line(line_id, self.account_id, payment_id, side, amount)
