"""Money or credit that came to an account, and how much of it no invoice has needed yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from saldo_money import Money

from saldo_invoicing.domain.errors import ReversalExceedsPayment
from saldo_invoicing.domain.events import ReceiptEvent, SettledBy


class ReceiptKind(StrEnum):
    """A payment of the customer, or a credit note of ours."""

    PAYMENT = "payment"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Application:
    """How much of a receipt settles an invoice now, in minor units of the receipt's currency."""

    invoice_id: str
    minor_units: int


@dataclass(slots=True)
class Receipt:
    """A payment (its id is the payment's) or a credit note (its id is the document's).

        came -> applied to invoices, in parts -> used up
                unapplied rest: the customer's credit, used for the next invoice, oldest receipt first
        a payment may be taken back, in full or in part; a credit note never

    amount = unapplied + applied + reversed. `reversals` are the ids of what took money back, each once.
    """

    receipt_id: str
    account_id: str
    seller_id: str
    kind: ReceiptKind
    currency: str
    amount: Money
    unapplied: Money
    reversed: Money
    received_at: datetime
    applied: tuple[Application, ...] = ()
    reversals: tuple[str, ...] = ()
    version: int = 0
    events: list[ReceiptEvent] = field(default_factory=list)

    @property
    def settles_as(self) -> SettledBy:
        """How an invoice that it settles says it was settled."""
        return SettledBy.PAYMENT if self.kind is ReceiptKind.PAYMENT else SettledBy.CREDIT

    @property
    def payment_id(self) -> str | None:
        """The payment's id, none for a credit note."""
        return self.receipt_id if self.kind is ReceiptKind.PAYMENT else None

    def use(self, invoice_id: str, wanted: Money) -> Money:
        """Take at most this much of what is unapplied for an invoice; what was taken."""
        taken = min(wanted, self.unapplied)
        if not taken.is_zero:
            self.unapplied -= taken
            self._set_applied(invoice_id, self._applied_to(invoice_id) + taken.minor_units)
        return taken

    def take_back_unused(self, amount: Money) -> Money:
        """A payment's money, or a part of it, went back: how much of that no invoice had needed.

        Raises ReversalExceedsPayment for a credit note or for more than is left of the payment.
        """
        if self.kind is not ReceiptKind.PAYMENT or not amount.is_positive or self.reversed + amount > self.amount:
            raise ReversalExceedsPayment(self.receipt_id)
        unused = min(amount, self.unapplied)
        self.unapplied -= unused
        self.reversed += unused
        return unused

    def take_back_from(self, invoice_id: str, wanted: Money) -> Money:
        """Take at most this much off what it settles of an invoice; what was taken."""
        taken = min(wanted, Money(self._applied_to(invoice_id), self.currency))
        self.reversed += taken
        self._set_applied(invoice_id, self._applied_to(invoice_id) - taken.minor_units)
        return taken

    def _applied_to(self, invoice_id: str) -> int:
        return next((part.minor_units for part in self.applied if part.invoice_id == invoice_id), 0)

    def _set_applied(self, invoice_id: str, minor_units: int) -> None:
        others = tuple(part for part in self.applied if part.invoice_id != invoice_id)
        self.applied = (*others, Application(invoice_id, minor_units)) if minor_units else others


def came(
    receipt_id: str, account_id: str, *, seller_id: str, kind: ReceiptKind, amount: Money, received_at: datetime
) -> Receipt:
    """A receipt of which nothing is applied yet."""
    return Receipt(
        receipt_id=receipt_id,
        account_id=account_id,
        seller_id=seller_id,
        kind=kind,
        currency=amount.currency.code,
        amount=amount,
        unapplied=amount,
        reversed=Money(0, amount.currency),
        received_at=received_at,
    )
