"""Charges are taken back in part: one credit note per invoice concerned, its taxes added back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from saldo_work import Answer, Needs, NotYetKnown, UnitOfWork

from saldo_invoicing.application.books import books_needed, in_currency_of, open_books, put_away
from saldo_invoicing.application.issue_invoice import document_id, draw_number
from saldo_invoicing.application.ports import Sellers
from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.credit_lines import CreditedLine, credit_lines
from saldo_invoicing.domain.document import Document, DocumentKind
from saldo_invoicing.domain.events import CreditReason
from saldo_invoicing.domain.ids import derived_id
from saldo_invoicing.domain.number_series import NumberSeries, Series, series_id
from saldo_invoicing.domain.receivables import Receivables

CORRECTIONS_OF = "corrections_of"


@dataclass(frozen=True, slots=True)
class ChargeCredit:
    """How much, before tax and in minor units above zero, comes off a line of these charges."""

    charges_id: str
    line_id: str
    net_minor_units: int


@dataclass(frozen=True, slots=True)
class CreditCharges:
    """Credit these lines for this reason, once per `fact_id` (the event that says so); ZOOM-04, C-25."""

    account_id: str
    seller_id: str
    fact_id: str
    currency: str
    reason: str
    credits: tuple[ChargeCredit, ...]


class CreditChargesHandler:
    """A repeat of the fact finds its notes and does nothing.

    Raises NotYetKnown for charges that were not invoiced yet, CurrencyDiffers, UnknownLine and CreditExceedsLine.
    """

    def __init__(self, sellers: Sellers) -> None:
        self._sellers = sellers

    def needs(self, command: CreditCharges) -> Needs:
        books = books_needed(command.account_id)
        documents = [document_id(charges_id) for charges_id in _charges_ids(command)]
        return Needs(
            keys=(
                *books.keys,
                *((Document, key) for key in documents),
                (NumberSeries, series_id(command.seller_id, Series.CREDIT)),
            ),
            groups=(*books.groups, *((Document, CORRECTIONS_OF, key) for key in documents)),
        )

    async def handle(self, command: CreditCharges, work: UnitOfWork) -> Answer:
        if await work.find(Account, command.account_id) is None:
            raise NotYetKnown("account", command.account_id)
        for charges_id in _charges_ids(command):
            await self._credit(command, charges_id, work)
        return None

    async def _credit(self, command: CreditCharges, charges_id: str, work: UnitOfWork) -> None:
        corrected = await work.find(Document, document_id(charges_id))
        if corrected is None or corrected.account_id != command.account_id:
            raise NotYetKnown("charges", charges_id)
        note_id = derived_id(command.fact_id, f"credit/{corrected.document_id}")
        if await work.find(Document, note_id) is not None:
            return
        books = await open_books(work, command.account_id)
        in_currency_of(books.account, command.currency)
        earlier = await work.group(Document, CORRECTIONS_OF, corrected.document_id)
        note = _draft(note_id, corrected, earlier, _wanted(command, charges_id), books)
        note.number = await draw_number(work, self._sellers.of(books.account.seller_id), Series.CREDIT)
        books.give_credit(note, CreditReason(command.reason))
        put_away(work, books)
        work.save(note)


def _charges_ids(command: CreditCharges) -> tuple[str, ...]:
    return tuple(dict.fromkeys(credit.charges_id for credit in command.credits))


def _wanted(command: CreditCharges, charges_id: str) -> tuple[CreditedLine, ...]:
    return tuple(
        CreditedLine(credit.line_id, credit.net_minor_units)
        for credit in command.credits
        if credit.charges_id == charges_id
    )


def _draft(
    note_id: str, corrected: Document, earlier: Sequence[Document], wanted: Sequence[CreditedLine], books: Receivables
) -> Document:
    credited = credit_lines(corrected, wanted, earlier=earlier, note_id=note_id)
    return replace(
        corrected,
        document_id=note_id,
        number="",
        kind=DocumentKind.CREDIT,
        issued_on=books.today,
        due_on=books.today,
        lines=credited.lines,
        taxes=credited.taxes,
        charges_id=None,
        corrects_document_id=corrected.document_id,
        version=0,
    )
