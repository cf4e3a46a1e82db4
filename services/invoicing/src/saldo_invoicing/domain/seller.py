"""What invoicing must know of a seller: where it sells, its terms, its numbers, and what being late costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from saldo_invoicing.domain.due_dates import zone
from saldo_invoicing.domain.errors import CurrencyNotSold, LanguageNotSpoken
from saldo_invoicing.domain.number_series import Series


@dataclass(frozen=True, slots=True)
class Seller:
    """One seller of a deployment.

    `due_days` run from the local day of issue; `late_fees` are minor units by currency, none or 0 meaning no fee
    (C-38); `number_prefixes` stand before the numbers of each series.
    """

    seller_id: str
    country: str
    currencies: tuple[str, ...]
    languages: tuple[str, ...]
    time_zone: str
    due_days: int
    number_prefixes: Mapping[Series, str]
    late_fees: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UnknownTimeZone or ValueError: a wrong table stops the process at its start, not at an invoice."""
        zone(self.time_zone)
        if self.due_days < 0 or any(fee < 0 for fee in self.late_fees.values()):
            raise ValueError(f"{self.seller_id}: terms and late fees are zero or more")
        if not self.currencies or not self.languages or set(self.number_prefixes) != set(Series):
            raise ValueError(f"{self.seller_id}: currencies, languages and a prefix for every series are needed")

    def sells_in(self, currency: str) -> None:
        """Raises CurrencyNotSold."""
        if currency not in self.currencies:
            raise CurrencyNotSold(self.seller_id, currency)

    def speaks(self, language: str) -> None:
        """Raises LanguageNotSpoken; `de-AT` is spoken where `de` is."""
        if language not in self.languages and language.split("-")[0] not in self.languages:
            raise LanguageNotSpoken(self.seller_id, language)

    def late_fee(self, currency: str) -> int:
        """What an overdue document costs, in minor units of the currency; 0 where nothing is configured."""
        return self.late_fees.get(currency, 0)
