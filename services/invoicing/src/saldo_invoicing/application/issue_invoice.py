"""Finished charges become one document: numbered without gaps, taxed, due by the seller's terms, never changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from saldo_work import Answer, Needs, UnitOfWork

from saldo_invoicing.application.books import books_needed, in_currency_of, open_books, put_away
from saldo_invoicing.application.ports import Rates, Sellers
from saldo_invoicing.domain.account import Account, LateFee
from saldo_invoicing.domain.document import Charge, Document, DocumentKind, LineKind, TaxLine, kind_of
from saldo_invoicing.domain.events import CreditReason
from saldo_invoicing.domain.ids import derived_id
from saldo_invoicing.domain.number_series import NumberSeries, Series, series_id
from saldo_invoicing.domain.receivables import Receivables
from saldo_invoicing.domain.seller import Seller
from saldo_invoicing.domain.taxes import Assessed, TaxRate, assess

LATE_FEE_TAX_CATEGORY = "late_fee"  # a row of the rate table like any other


@dataclass(frozen=True, slots=True)
class IssueInvoice:
    """Make the document of these charges, once per `charges_id`."""

    account_id: str
    seller_id: str
    charges_id: str
    currency: str
    charges: tuple[Charge, ...]


class IssueInvoiceHandler:
    """A repeat of the charges finds the document and does nothing.

    Raises NotYetKnown for an account that is not known, CurrencyDiffers, and RateMissing, which makes the message a
    dead letter until the rate table knows the rate.
    """

    def __init__(self, sellers: Sellers, rates: Rates) -> None:
        self._sellers = sellers
        self._rates = rates

    def needs(self, command: IssueInvoice) -> Needs:
        books = books_needed(command.account_id)
        series = series_id(command.seller_id, Series.INVOICE)
        return Needs(
            keys=(*books.keys, (Document, document_id(command.charges_id)), (NumberSeries, series)),
            groups=books.groups,
        )

    async def handle(self, command: IssueInvoice, work: UnitOfWork) -> Answer:
        books = await open_books(work, command.account_id)
        account = books.account
        if await work.find(Document, document_id(command.charges_id)) is not None:
            return None
        in_currency_of(account, command.currency)
        fees = account.late_fees
        charges = (*command.charges, *(_late_fee_line(fee) for fee in fees))
        assessed = assess(charges, [self._rate(account, charge, books) for charge in charges])
        seller = self._sellers.of(account.seller_id)
        document = await _numbered(work, _draft(command.charges_id, assessed, books, seller), seller)
        books.charge_late_fees(fees)
        if document.kind is DocumentKind.CREDIT:
            books.give_credit(document, CreditReason.NEGATIVE_CHARGES)
        else:
            books.issue(document)
        put_away(work, books)
        work.save(document)
        return {"invoice_id": document.document_id, "number": document.number}

    def _rate(self, account: Account, charge: Charge, books: Receivables) -> TaxRate:
        return self._rates.rate(account.seller_id, account.country, account.region, charge.tax_category, books.today)


def document_id(charges_id: str) -> str:
    """The id of the document of these charges."""
    return derived_id(charges_id, "document")


def _late_fee_line(fee: LateFee) -> Charge:
    return Charge(
        line_id=fee.late_fee_id,
        kind=LineKind.LATE_FEE,
        description_key="late_fee",
        net_minor_units=fee.fee_minor_units,
        tax_category=LATE_FEE_TAX_CATEGORY,
        description_arguments={"invoice_number": fee.number},
    )


def _draft(charges_id: str, assessed: Assessed, books: Receivables, seller: Seller) -> Document:
    """The document without its number; where the charges come to less than nothing it is a credit note."""
    account = books.account
    document = Document(
        document_id=document_id(charges_id),
        account_id=account.account_id,
        number="",
        kind=kind_of([line.charge for line in assessed.lines]),
        currency=account.currency,
        issued_on=books.today,
        due_on=books.today + timedelta(days=seller.due_days),
        country=account.country,
        region=account.region,
        lines=assessed.lines,
        taxes=assessed.taxes,
        charges_id=charges_id,
    )
    return document if document.total_minor_units >= 0 else _as_credit(document)


def _as_credit(document: Document) -> Document:
    lines = tuple(
        replace(
            line,
            charge=replace(line.charge, net_minor_units=-line.charge.net_minor_units),
            tax_minor_units=-line.tax_minor_units,
        )
        for line in document.lines
    )
    taxes = tuple(
        TaxLine(tax.name, tax.rate, -tax.base_minor_units, -tax.tax_minor_units, tax.source) for tax in document.taxes
    )
    return replace(document, kind=DocumentKind.CREDIT, lines=lines, taxes=taxes, due_on=document.issued_on)


async def _numbered(work: UnitOfWork, document: Document, seller: Seller) -> Document:
    series = Series.CREDIT if document.kind is DocumentKind.CREDIT else Series.INVOICE
    return replace(document, number=await draw_number(work, seller, series))


async def draw_number(work: UnitOfWork, seller: Seller, series: Series) -> str:
    """The next number of the seller's series; its row is locked after everything else, until the transaction ends."""
    key = series_id(seller.seller_id, series)
    row = await work.find(NumberSeries, key) or NumberSeries(key)
    number = f"{seller.number_prefixes[series]}{row.draw():06d}"
    work.save(row)
    return number
