"""The shapes that several resources answer with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from saldo_contracts.wire import Amount
from saldo_web import PageRequest

from saldo_invoicing.application.views import InvoiceView


class Answer(BaseModel):
    """What a query answers."""

    model_config = ConfigDict(frozen=True)


class InvoiceSummary(Answer):
    """A document in a list: number, date, type and money (SL-03, C-40)."""

    invoice_id: str
    number: str
    kind: Annotated[str, Field(description="new, recurring, one_time or credit (SL-04 to SL-07).")]
    status: Annotated[str, Field(description="unpaid, partially_paid, paid or credited.")]
    overdue: bool
    issued_on: date
    issued_at: datetime
    due_on: date
    total: Annotated[Amount, Field(description="Taxes included; below zero on a credit.")]
    tax: Amount
    paid: Amount
    credited: Amount
    open: Amount
    downloadable: Annotated[bool, Field(description="False for orders of devices (C-20).")]


def before(asked: PageRequest) -> int | None:
    """The place in the list that a page continues before; None for the first page."""
    place = asked.after[0] if asked.after else None
    return place if isinstance(place, int) else None


def amount(minor_units: int, currency: str) -> Amount:
    """The wire form of an amount."""
    return Amount(minor_units=minor_units, currency=currency)


def invoice_summary(view: InvoiceView) -> InvoiceSummary:
    """The answer of a document in a list."""
    currency = view.currency
    return InvoiceSummary(
        invoice_id=view.invoice_id,
        number=view.number,
        kind=view.kind,
        status=view.status,
        overdue=view.overdue_since is not None and view.open > 0,
        issued_on=view.issued_on,
        issued_at=view.issued_at,
        due_on=view.due_on,
        total=amount(view.total, currency),
        tax=amount(view.tax, currency),
        paid=amount(view.paid, currency),
        credited=amount(view.credited, currency),
        open=amount(view.open, currency),
        downloadable=view.downloadable,
    )
