"""What stands on a document: lines with their share of the tax, taxes, totals. It never changes after issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from saldo_invoicing.domain.errors import UnknownLine


class DocumentKind(StrEnum):
    """The types of SL-04 to SL-07; a CREDIT gives money, the others ask for it."""

    NEW = "new"
    RECURRING = "recurring"
    ONE_TIME = "one_time"
    CREDIT = "credit"


class LineKind(StrEnum):
    """What a line charges for; a LATE_FEE is the only one that invoicing adds itself."""

    RECURRING = "recurring"
    PRORATED = "prorated"
    USAGE = "usage"
    ONE_TIME = "one_time"
    CREDIT = "credit"
    LATE_FEE = "late_fee"


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, half open: `ends_before` does not belong to it."""

    starts_on: date
    ends_before: date


@dataclass(frozen=True, slots=True)
class Charge:
    """A finished line before tax; amounts in minor units of the document's currency, prices as decimal strings."""

    line_id: str
    kind: LineKind
    description_key: str
    net_minor_units: int
    tax_category: str
    description_arguments: Mapping[str, str] = field(default_factory=dict)
    quantity: str = "1"
    unit_price: str = "0"
    service_period: Span | None = None
    subscription_id: str | None = None
    hardware: bool = False
    first_of_series: bool = False
    credits_line_id: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A charge with its rate and its share of the document's tax, so that credits of any split sum exactly."""

    charge: Charge
    tax_minor_units: int
    tax_name: str
    tax_rate: str


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax of a document: a rate (decimal string, `0.19` is 19 %) on a base, rounded once."""

    name: str
    rate: str
    base_minor_units: int
    tax_minor_units: int
    source: str


@dataclass(slots=True)
class Document:
    """What an invoice or credit note says; amounts in minor units of `currency`. The table refuses every change.

    `country` and `region` are the billing address that decided the taxes at issue (GOTO-28, C-30). A credit note has
    positive amounts for what it gives, and names the document it corrects if it corrects one.
    """

    document_id: str
    account_id: str
    number: str
    kind: DocumentKind
    currency: str
    issued_on: date
    due_on: date
    country: str | None
    region: str | None
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxLine, ...]
    charges_id: str | None = None
    corrects_document_id: str | None = None
    version: int = 0

    @property
    def net_minor_units(self) -> int:
        """The sum of the lines before tax."""
        return sum(line.charge.net_minor_units for line in self.lines)

    @property
    def tax_minor_units(self) -> int:
        """The sum of the taxes, which is the sum of the lines' shares."""
        return sum(tax.tax_minor_units for tax in self.taxes)

    @property
    def total_minor_units(self) -> int:
        """What the document asks for, or gives if it is a credit note."""
        return self.net_minor_units + self.tax_minor_units

    @property
    def hardware(self) -> bool:
        """Whether devices were ordered: such a document cannot be downloaded (C-20)."""
        return any(line.charge.hardware for line in self.lines)

    @property
    def service_period(self) -> Span | None:
        """From the first to the last day that any line covers."""
        spans = [line.charge.service_period for line in self.lines if line.charge.service_period is not None]
        if not spans:
            return None
        return Span(min(span.starts_on for span in spans), max(span.ends_before for span in spans))

    def line(self, line_id: str) -> DocumentLine:
        """The line of that id; raises UnknownLine."""
        for line in self.lines:
            if line.charge.line_id == line_id:
                return line
        raise UnknownLine(line_id)


def kind_of(charges: Sequence[Charge]) -> DocumentKind:
    """A line that is the first of its series makes the document New, else a recurring one Recurring, else One-time."""
    if any(charge.first_of_series for charge in charges):
        return DocumentKind.NEW
    if any(charge.kind is LineKind.RECURRING for charge in charges):
        return DocumentKind.RECURRING
    return DocumentKind.ONE_TIME
