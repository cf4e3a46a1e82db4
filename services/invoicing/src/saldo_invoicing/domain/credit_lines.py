"""Credits of lines that were invoiced: the tax comes back in the proportion in which it was charged, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from saldo_money import round_half_away

from saldo_invoicing.domain.document import Document, DocumentKind, DocumentLine, LineKind, TaxLine
from saldo_invoicing.domain.errors import CreditExceedsLine
from saldo_invoicing.domain.ids import derived_id
from saldo_invoicing.domain.taxes import Assessed


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """How much, before tax, comes off a line: minor units above zero."""

    line_id: str
    net_minor_units: int


def credit_lines(
    document: Document, wanted: Sequence[CreditedLine], *, earlier: Iterable[Document], note_id: str
) -> Assessed:
    """The lines and taxes of a credit note, its amounts positive.

    The tax of a line's credits so far is the line's tax times the part credited so far, rounded once; a credit takes
    the difference to what earlier notes gave. So whatever the split, crediting a whole line gives back its whole tax.
    Raises CreditExceedsLine, also for lines of a credit note, and UnknownLine.
    """
    given = [line for note in earlier for line in note.lines]
    lines: list[DocumentLine] = []
    for credit in wanted:
        original = document.line(credit.line_id)
        if document.kind is DocumentKind.CREDIT:
            raise CreditExceedsLine(credit.line_id)
        before = [line for line in [*given, *lines] if line.charge.credits_line_id == credit.line_id]
        lines.append(_credit_line(original, credit, before, derived_id(note_id, f"line/{len(lines)}")))
    return Assessed(tuple(lines), _taxes(document, lines))


def _credit_line(
    original: DocumentLine, credit: CreditedLine, before: Sequence[DocumentLine], line_id: str
) -> DocumentLine:
    net = original.charge.net_minor_units
    net_after = sum(line.charge.net_minor_units for line in before) + credit.net_minor_units
    if credit.net_minor_units <= 0 or net_after > net:
        raise CreditExceedsLine(credit.line_id)
    tax_after = round_half_away(Fraction(original.tax_minor_units * net_after, net))
    charge = replace(
        original.charge,
        line_id=line_id,
        kind=LineKind.CREDIT,
        net_minor_units=credit.net_minor_units,
        credits_line_id=credit.line_id,
        first_of_series=False,
    )
    tax = tax_after - sum(line.tax_minor_units for line in before)
    return replace(original, charge=charge, tax_minor_units=tax)


def _taxes(document: Document, lines: Sequence[DocumentLine]) -> tuple[TaxLine, ...]:
    taxes = []
    for tax in document.taxes:
        members = [line for line in lines if (line.tax_name, line.tax_rate) == (tax.name, tax.rate)]
        base = sum(line.charge.net_minor_units for line in members)
        amount = sum(line.tax_minor_units for line in members)
        if members:
            taxes.append(replace(tax, base_minor_units=base, tax_minor_units=amount))
    return tuple(taxes)
