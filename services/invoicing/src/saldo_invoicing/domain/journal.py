"""The receivables journal: every change of what is owed is an entry of lines that debit and credit the same amount.

A line names the account it debits and the account it credits, so no entry can ever be out of balance; nothing is
changed or deleted afterwards, a correction is a new entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from saldo_money import Money

from saldo_invoicing.domain.events import Movement
from saldo_invoicing.domain.ids import derived_id


class LedgerAccount(StrEnum):
    """The ledger's accounts: assets are RECEIVABLE and CASH, the rest is owed or earned."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    TAX_PAYABLE = "tax_payable"
    CASH = "cash"
    CUSTOMER_CREDIT = "customer_credit"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """`amount` (above zero) debited to one ledger account and credited to another.

    A line on RECEIVABLE names its invoice; a line of a payment or credit names its receipt. What is open on an
    invoice is therefore the sum of its lines on RECEIVABLE, and what a receipt still has that of CUSTOMER_CREDIT.
    """

    line_id: str
    entry_id: str
    account_id: str
    position: int
    debit: LedgerAccount
    credit: LedgerAccount
    amount: Money
    invoice_id: str | None
    receipt_id: str | None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One business fact in the journal; its id follows from the fact, so that a fact is entered once.

    `ledger_version` is the account's after it, so it orders the account's entries.
    """

    entry_id: str
    account_id: str
    kind: Movement
    fact_id: str
    entered_at: datetime
    ledger_version: int


@dataclass(slots=True)
class EntryDraft:
    """An entry being written; an entry without lines is never kept."""

    account_id: str
    kind: Movement
    fact_id: str
    entered_at: datetime
    lines: list[JournalLine] = field(default_factory=list)

    @property
    def entry_id(self) -> str:
        """Derived from the fact and the kind of movement."""
        return derived_id(self.fact_id, f"journal/{self.kind.value}")

    def move(
        self,
        debit: LedgerAccount,
        credit: LedgerAccount,
        amount: Money,
        *,
        invoice_id: str | None = None,
        receipt_id: str | None = None,
    ) -> None:
        """Add a line; nothing for zero, and a negative amount is the positive one the other way round."""
        if amount.is_zero:
            return
        if amount.is_negative:
            debit, credit, amount = credit, debit, -amount
        position = len(self.lines)
        line = JournalLine(
            line_id=derived_id(self.entry_id, f"line/{position}"),
            entry_id=self.entry_id,
            account_id=self.account_id,
            position=position,
            debit=debit,
            credit=credit,
            amount=amount,
            invoice_id=invoice_id,
            receipt_id=receipt_id,
        )
        self.lines.append(line)

    def entry(self, ledger_version: int) -> JournalEntry | None:
        """The finished entry, or None when nothing moved."""
        if not self.lines:
            return None
        return JournalEntry(self.entry_id, self.account_id, self.kind, self.fact_id, self.entered_at, ledger_version)
