"""What people and pages ask of the books; whoever does not reach the account is told that there is none."""

from __future__ import annotations

from collections.abc import Sequence

from saldo_work import Actor, NotFound

from saldo_invoicing.application.ports import AccountReads, Invariants, InvoiceReads, JournalReads
from saldo_invoicing.application.views import (
    AccountView,
    BalanceView,
    EntryView,
    InvariantView,
    InvoiceDetailsView,
    InvoiceView,
)


class Books:
    """Every query of invoicing; each raises NotFound for an account or document out of the actor's reach."""

    def __init__(
        self, accounts: AccountReads, invoices: InvoiceReads, journal: JournalReads, invariants: Invariants
    ) -> None:
        self._accounts = accounts
        self._invoices = invoices
        self._journal = journal
        self._invariants = invariants

    async def account(self, account_id: str, actor: Actor) -> AccountView:
        """The account with its profile and recipients."""
        view = await self._accounts.account(account_id)
        if view is None or not actor.reaches(seller_id=view.seller_id, account_id=account_id):
            raise NotFound("there is no such account", account_id=account_id)
        return view

    async def balance(self, account_id: str, actor: Actor) -> BalanceView:
        """What is owed, overdue and credit, and what is open on each invoice."""
        view = await self._accounts.balance(account_id)
        if view is None or not actor.reaches(seller_id=view.seller_id, account_id=account_id):
            raise NotFound("there is no such account", account_id=account_id)
        return view

    async def invoices(self, account_id: str, actor: Actor, *, before: int | None, limit: int) -> Sequence[InvoiceView]:
        """The account's documents, latest issue first."""
        await self.account(account_id, actor)
        return await self._invoices.of_account(account_id, before=before, limit=limit)

    async def payments_due(self, account_id: str, actor: Actor) -> Sequence[InvoiceView]:
        """Late documents, oldest due first (GOTO-13)."""
        await self.account(account_id, actor)
        return await self._invoices.overdue(account_id)

    async def invoice(self, account_id: str, invoice_id: str, actor: Actor) -> InvoiceDetailsView:
        """One document with everything on it."""
        await self.account(account_id, actor)
        view = await self._invoices.details(account_id, invoice_id)
        if view is None:
            raise NotFound("there is no such invoice", invoice_id=invoice_id)
        return view

    async def journal(self, account_id: str, actor: Actor, *, before: int | None, limit: int) -> Sequence[EntryView]:
        """The account's journal, latest entry first."""
        await self.account(account_id, actor)
        return await self._journal.entries(account_id, before=before, limit=limit)

    async def invariants(self) -> Sequence[InvariantView]:
        """What must always hold, over all accounts; names no account."""
        return await self._invariants.check()
