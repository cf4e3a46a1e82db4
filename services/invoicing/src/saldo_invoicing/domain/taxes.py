"""Taxes: one dated rate table, one rounding per tax and document, every line with its exact share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import TypeAlias

from saldo_money import round_half_away

from saldo_invoicing.domain.document import Charge, DocumentLine, TaxLine
from saldo_invoicing.domain.errors import RateMissing

ANYWHERE = "*"

_Place: TypeAlias = tuple[str, str | None, str | None, str]  # seller, country, region, category


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One row of the rate table: from a day on, a seller's tax on a category of lines billed to a place.

    `rate` is exact (`Decimal("0.19")`); 0 is a rate like any other and needs its source too. Country `*` stands for
    every place that has no row of its own, also for an account without a billing address.
    """

    seller_id: str
    country: str
    category: str
    effective_from: date
    rate: Decimal
    name: str
    source: str
    region: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a rate out of range or without a source."""
        if not 0 <= self.rate <= 1 or not self.source or not self.name:
            row = f"{self.seller_id} {self.country} {self.category}"
            raise ValueError(f"{row}: needs a rate within 0 and 1, a name and a source")


class RateTable:
    """The rates of every seller; rates are data with a date and a source, never code (C-31)."""

    def __init__(self, rates: Iterable[TaxRate]) -> None:
        self._rates: dict[_Place, list[TaxRate]] = {}
        for rate in sorted(rates, key=lambda rate: rate.effective_from, reverse=True):
            place = (rate.seller_id, rate.country, rate.region, rate.category)
            self._rates.setdefault(place, []).append(rate)

    def rate(self, seller_id: str, country: str | None, region: str | None, category: str, on: date) -> TaxRate:
        """The latest rate in force, the most exact place first; raises RateMissing."""
        for place, part in ((country, region), (country, None), (ANYWHERE, None)):
            for rate in self._rates.get((seller_id, place, part, category), ()):
                if rate.effective_from <= on:
                    return rate
        raise RateMissing(seller_id, country, region, category, on)


@dataclass(frozen=True, slots=True)
class Assessed:
    """Charges with their taxes."""

    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxLine, ...]


def assess(charges: Sequence[Charge], rates: Sequence[TaxRate]) -> Assessed:
    """Tax the charges, each by the rate of the same position: one tax line per rate that is not zero, rounded once.

    Where every rate is zero one tax line of zero stands, so that the document says why there is none.
    """
    shares = [0] * len(charges)
    taxes: list[TaxLine] = []
    positions = sorted(range(len(charges)), key=lambda at: (_sort_key(rates[at]), at))
    for _, group in groupby(positions, key=lambda at: _sort_key(rates[at])):
        members = list(group)
        rate = rates[members[0]]
        parts = [charges[at].net_minor_units * Fraction(rate.rate) for at in members]
        tax = round_half_away(sum(parts, Fraction(0)))
        for at, share in zip(members, shares_of(tax, parts), strict=True):
            shares[at] = share
        base = sum(charges[at].net_minor_units for at in members)
        taxes.append(TaxLine(rate.name, _rate_text(rate), base, tax, rate.source))
    charged = tuple(tax for tax in taxes if Decimal(tax.rate) != 0)
    lines = tuple(
        DocumentLine(charge, share, rate.name, _rate_text(rate))
        for charge, share, rate in zip(charges, shares, rates, strict=True)
    )
    return Assessed(lines, charged or tuple(taxes[:1]))


def _rate_text(rate: TaxRate) -> str:
    return format(rate.rate, "f")


def _sort_key(rate: TaxRate) -> tuple[Decimal, str, str]:
    return (-rate.rate, rate.name, rate.source)


def shares_of(tax: int, exact_shares: Sequence[Fraction]) -> list[int]:
    """Whole shares near the exact ones that sum to the tax, which is their rounded sum.

    By largest remainder, the earlier line first among equals; unlike a split by weights it knows negative lines (a
    prorated credit beside its new charge). No share moves by a whole unit. Raises ValueError for another tax.
    """
    if abs(sum(exact_shares, Fraction(0)) - tax) >= 1:
        raise ValueError(f"{tax} is not the rounded sum of the shares")
    shares = [floor(share) for share in exact_shares]
    left = tax - sum(shares)
    for at in sorted(range(len(shares)), key=lambda at: (shares[at] - exact_shares[at], at))[:left]:
        shares[at] += 1
    return shares
