"""An address as a use case receives it, and how it becomes the account's own row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from saldo_invoicing.application.ports import Fingerprints
from saldo_invoicing.domain.account import BillingAddress

Row = TypeVar("Row", bound=BillingAddress)


@dataclass(frozen=True, slots=True)
class Address:
    """Where documents are addressed to; country is ISO 3166-1, region the part after the hyphen of ISO 3166-2."""

    line_1: str
    city: str
    country: str
    line_2: str | None = None
    postal_code: str | None = None
    region: str | None = None
    company: str | None = None

    def fingerprint(self, fingerprints: Fingerprints) -> str:
        """The keyed hash of this address; the company is no part of it."""
        return fingerprints.of(
            country=self.country,
            region=self.region,
            postal_code=self.postal_code,
            city=self.city,
            street=" ".join(filter(None, (self.line_1, self.line_2))),
        )

    def write_to(self, row: BillingAddress) -> None:
        """Take over everything into the account's row."""
        row.company, row.line_1, row.line_2, row.city = self.company, self.line_1, self.line_2, self.city
        row.postal_code, row.region, row.country = self.postal_code, self.region, self.country


def row_of(kind: type[Row], account_id: str, address: Address) -> Row:
    """A new row of this address."""
    return kind(
        account_id=account_id,
        company=address.company,
        line_1=address.line_1,
        line_2=address.line_2,
        city=address.city,
        postal_code=address.postal_code,
        region=address.region,
        country=address.country,
    )
