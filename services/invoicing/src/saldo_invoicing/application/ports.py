"""What the use cases of invoicing need of the outside: promises that adapters keep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from saldo_invoicing.application.views import (
    AccountView,
    BalanceView,
    EntryView,
    InvariantView,
    InvoiceDetailsView,
    InvoiceView,
)
from saldo_invoicing.domain.seller import Seller
from saldo_invoicing.domain.taxes import TaxRate


class Sellers(Protocol):
    """The sellers of this deployment; fixed while the process runs."""

    def find(self, seller_id: str) -> Seller | None:
        """The seller or None."""

    def of(self, seller_id: str) -> Seller:
        """The seller of an account that exists; raises LookupError where the table has lost it."""


class Rates(Protocol):
    """The dated rate table."""

    def rate(self, seller_id: str, country: str | None, region: str | None, category: str, on: date) -> TaxRate:
        """The rate in force that day, the most exact place first; raises RateMissing."""


class Fingerprints(Protocol):
    """Keyed hashes of addresses: equal for equal addresses, useless without the key (GOTO-27)."""

    def of(self, *, country: str, region: str | None, postal_code: str | None, city: str, street: str) -> str:
        """64 hexadecimal digits; case, accents, punctuation and spaces make no difference."""


class AccountReads(Protocol):
    """What is read of accounts; nothing is locked."""

    async def account(self, account_id: str) -> AccountView | None:
        """The account with its profile and recipients, or None."""

    async def balance(self, account_id: str) -> BalanceView | None:
        """What is owed, overdue and credit, and what is open on each invoice, oldest due first; or None."""


class InvoiceReads(Protocol):
    """What is read of documents; nothing is locked."""

    async def of_account(self, account_id: str, *, before: int | None, limit: int) -> Sequence[InvoiceView]:
        """The account's documents, latest issue first; `before` is the position of the last one seen."""

    async def overdue(self, account_id: str) -> Sequence[InvoiceView]:
        """Late documents, oldest due first (GOTO-13)."""

    async def details(self, account_id: str, invoice_id: str) -> InvoiceDetailsView | None:
        """One document with lines, taxes and what settled it; or None."""


class JournalReads(Protocol):
    """What is read of the ledger."""

    async def entries(self, account_id: str, *, before: int | None, limit: int) -> Sequence[EntryView]:
        """The account's journal, latest entry first; `before` is the ledger version of the last one seen."""


class Invariants(Protocol):
    """What must always hold in the books."""

    async def check(self) -> Sequence[InvariantView]:
        """Every invariant with the number of its violations; reads everything, so it is no hot path."""
