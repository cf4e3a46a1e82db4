"""Accounts over HTTP: opened, looked at, changed; their balance."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import Request
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Amount
from saldo_web import CurrentActor, PathId, SecuredRouter, run
from saldo_work import Commands
from starlette.responses import JSONResponse

from saldo_invoicing.application.read_books import Books
from saldo_invoicing.application.views import AccountView, BalanceView
from saldo_invoicing.entrypoints.http.account_bodies import (
    BillingProfileBody,
    OpenAccountBody,
    RecipientsBody,
    ShippingAddressBody,
)
from saldo_invoicing.entrypoints.http.shapes import Answer, InvoiceSummary, amount, invoice_summary

PEOPLE_REFUSALS = ("too-many-recipients", "recipient-twice", "not-one-primary")
PROFILE_REFUSALS = (*PEOPLE_REFUSALS, "language-not-spoken", "unknown-time-zone")


class OpenedAccountAnswer(Answer):
    """The account that was opened."""

    account_id: str
    number: str


class SavedProfileAnswer(Answer):
    """The version of the profile after saving."""

    account_id: str
    profile_version: int


class AddressAnswer(Answer):
    """An address as it was saved."""

    company: str | None
    line_1: str
    line_2: str | None
    city: str
    postal_code: str | None
    region: str | None
    country: str


class RecipientAnswer(Answer):
    """Somebody who gets the invoices."""

    contact_id: str
    name: str | None
    email: str
    language: str | None
    primary: bool
    origin: str


class AccountAnswer(Answer):
    """An account; without a billing address one can be added, with one it can be edited (GOTO-25)."""

    account_id: str
    seller_id: str
    number: str
    currency: str
    status: str
    language: str
    time_zone: str
    collection: str
    opened_at: datetime
    profile_version: int
    billing_address: AddressAnswer | None
    shipping_address: AddressAnswer | None
    recipients: tuple[RecipientAnswer, ...]


class BalanceAnswer(Answer):
    """What is owed now; current is what is open less credit (C-40)."""

    account_id: str
    ledger_version: int
    dunning: str
    current: Amount
    overdue: Amount
    credit: Amount
    oldest_overdue_due_on: date | None
    open_invoices: tuple[InvoiceSummary, ...]


def account_routes(commands: Commands, books: Books) -> SecuredRouter:
    """The routes of accounts."""
    router = SecuredRouter(prefix="/v1/accounts", tags=["accounts"])

    @router.post(
        "",
        permission=Permission.BILLING_INFORMATION_MANAGE,
        status_code=201,
        response_model=OpenedAccountAnswer,
        idempotency="required",
        refusals=["not-found", "currency-not-sold", *PROFILE_REFUSALS],
    )
    async def open_account(body: OpenAccountBody, request: Request, actor: CurrentActor) -> JSONResponse:
        return await run(commands, body.command(), request, actor, status=201)

    @router.get("/{account_id}", permission=Permission.BILLING_INFORMATION_VIEW)
    async def read_account(account_id: PathId, actor: CurrentActor) -> AccountAnswer:
        return _account(await books.account(account_id, actor))

    @router.get("/{account_id}/balance", permission=Permission.BILLING_INFORMATION_VIEW)
    async def read_balance(account_id: PathId, actor: CurrentActor) -> BalanceAnswer:
        return _balance(await books.balance(account_id, actor))

    @router.put(
        "/{account_id}/billing-profile",
        permission=Permission.BILLING_INFORMATION_MANAGE,
        response_model=SavedProfileAnswer,
        refusals=PROFILE_REFUSALS,
    )
    async def save_billing_profile(
        account_id: PathId, body: BillingProfileBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        return await run(commands, body.command(account_id), request, actor)

    @router.put(
        "/{account_id}/invoice-recipients",
        permission=Permission.BILLING_INFORMATION_MANAGE,
        response_model=SavedProfileAnswer,
        refusals=PEOPLE_REFUSALS,
    )
    async def save_invoice_recipients(
        account_id: PathId, body: RecipientsBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        return await run(commands, body.command(account_id), request, actor)

    @router.put(
        "/{account_id}/shipping-address",
        permission=Permission.BILLING_INFORMATION_MANAGE,
        response_model=SavedProfileAnswer,
    )
    async def save_shipping_address(
        account_id: PathId, body: ShippingAddressBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        return await run(commands, body.command(account_id), request, actor)

    return router


def _account(view: AccountView) -> AccountAnswer:
    return AccountAnswer.model_validate(view, from_attributes=True)


def _balance(view: BalanceView) -> BalanceAnswer:
    return BalanceAnswer(
        account_id=view.account_id,
        ledger_version=view.ledger_version,
        dunning=view.dunning,
        current=amount(view.current, view.currency),
        overdue=amount(view.overdue, view.currency),
        credit=amount(view.credit, view.currency),
        oldest_overdue_due_on=view.oldest_overdue_due_on,
        open_invoices=tuple(invoice_summary(invoice) for invoice in view.open_invoices),
    )
