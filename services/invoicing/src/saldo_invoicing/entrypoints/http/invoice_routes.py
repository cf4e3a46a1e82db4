"""Documents over HTTP: lists, late ones, one with everything on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Amount, Period
from saldo_web import CurrentActor, PageOf, PageRequest, PathId, SecuredRouter, page, page_request
from starlette.responses import JSONResponse

from saldo_invoicing.application.read_books import Books
from saldo_invoicing.application.views import InvoiceDetailsView, LineView
from saldo_invoicing.entrypoints.http.shapes import Answer, InvoiceSummary, amount, before, invoice_summary


class LineAnswer(Answer):
    """A line of a document; a price may have more decimals than the currency."""

    line_id: str
    kind: str
    description_key: str
    description_arguments: Mapping[str, str]
    quantity: str
    unit_price: str
    net: Amount
    tax: Amount
    tax_name: str
    tax_rate: str
    tax_category: str
    service_period: Period | None
    subscription_id: str | None
    credits_line_id: str | None


class TaxAnswer(Answer):
    """A tax of a document: `rate` 0.19 is 19 %."""

    name: str
    rate: str
    base: Amount
    tax: Amount
    source: str


class ApplicationAnswer(Answer):
    """What a payment or credit settled; below zero where it was taken back."""

    receipt_id: str
    settled_by: str
    amount: Amount
    applied_at: datetime


class InvoiceAnswer(InvoiceSummary):
    """A document with everything on it (SL-12)."""

    charges_id: str | None
    corrects_invoice_id: str | None
    billing_country: str | None
    billing_region: str | None
    overdue_since: date | None
    lines: tuple[LineAnswer, ...]
    taxes: tuple[TaxAnswer, ...]
    applications: tuple[ApplicationAnswer, ...]


class PaymentsDueAnswer(Answer):
    """Late documents, oldest due first."""

    items: tuple[InvoiceSummary, ...]


def invoice_routes(books: Books) -> SecuredRouter:
    """The routes of documents."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}", tags=["invoices"])

    @router.get("/invoices", permission=Permission.BILLING_INFORMATION_VIEW, response_model=PageOf[InvoiceSummary])
    async def list_invoices(
        account_id: PathId,
        actor: CurrentActor,
        asked: Annotated[PageRequest, Depends(page_request(int))],
    ) -> JSONResponse:
        rows = await books.invoices(account_id, actor, before=before(asked), limit=asked.fetch)
        body = page(
            rows,
            asked,
            item=lambda row: invoice_summary(row).model_dump(mode="json"),
            cursor=lambda row: (row.position,),
        )
        return JSONResponse(body)

    @router.get("/invoices/{invoice_id}", permission=Permission.BILLING_INFORMATION_VIEW)
    async def read_invoice(account_id: PathId, invoice_id: PathId, actor: CurrentActor) -> InvoiceAnswer:
        return _invoice(await books.invoice(account_id, invoice_id, actor))

    @router.get("/payments-due", permission=Permission.BILLING_INFORMATION_VIEW)
    async def list_payments_due(account_id: PathId, actor: CurrentActor) -> PaymentsDueAnswer:
        late = await books.payments_due(account_id, actor)
        return PaymentsDueAnswer(items=tuple(invoice_summary(view) for view in late))

    return router


def _invoice(view: InvoiceDetailsView) -> InvoiceAnswer:
    currency = view.invoice.currency
    return InvoiceAnswer(
        **dict(invoice_summary(view.invoice)),
        charges_id=view.charges_id,
        corrects_invoice_id=view.corrects_invoice_id,
        billing_country=view.country,
        billing_region=view.region,
        overdue_since=view.invoice.overdue_since,
        lines=tuple(_line(line, currency) for line in view.lines),
        taxes=tuple(
            TaxAnswer(
                name=tax.name,
                rate=tax.rate,
                base=amount(tax.base, currency),
                tax=amount(tax.tax, currency),
                source=tax.source,
            )
            for tax in view.taxes
        ),
        applications=tuple(
            ApplicationAnswer(
                receipt_id=one.receipt_id,
                settled_by=one.settled_by,
                amount=amount(one.amount, currency),
                applied_at=one.applied_at,
            )
            for one in view.applications
        ),
    )


def _line(line: LineView, currency: str) -> LineAnswer:
    period = line.service_period
    return LineAnswer(
        line_id=line.line_id,
        kind=line.kind,
        description_key=line.description_key,
        description_arguments=line.description_arguments,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net=amount(line.net, currency),
        tax=amount(line.tax, currency),
        tax_name=line.tax_name,
        tax_rate=line.tax_rate,
        tax_category=line.tax_category,
        service_period=Period(starts_on=period[0], ends_before=period[1]) if period else None,
        subscription_id=line.subscription_id,
        credits_line_id=line.credits_line_id,
    )
