"""Sellers and tax rates from YAML files: data with dates and sources, checked when the process starts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from saldo_money import Currency

from saldo_invoicing.domain.number_series import Series
from saldo_invoicing.domain.seller import Seller
from saldo_invoicing.domain.taxes import RateTable, TaxRate

_Rows = TypeVar("_Rows")
_Code = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
_Country = Annotated[str, Field(pattern=r"^([A-Z]{2}|\*)$")]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class _SellerRow(_Row):
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    currencies: tuple[str, ...]
    languages: tuple[str, ...]
    time_zone: str
    due_days: Annotated[int, Field(ge=0, le=365)]
    number_prefixes: Mapping[Series, str]
    late_fees_minor_units: Mapping[str, Annotated[int, Field(ge=0)]] = {}

    def seller(self, seller_id: str) -> Seller:
        return Seller(
            seller_id=seller_id,
            country=self.country,
            currencies=tuple(Currency(code).code for code in self.currencies),
            languages=self.languages,
            time_zone=self.time_zone,
            due_days=self.due_days,
            number_prefixes=dict(self.number_prefixes),
            late_fees=dict(self.late_fees_minor_units),
        )


class _RateRow(_Row):
    seller: _Code
    country: _Country
    region: str | None = None
    category: _Code
    effective_from: date = Field(alias="from")
    rate: Annotated[str, Field(pattern=r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$", description="0.19 is 19 %")]
    name: str
    source: str

    def tax_rate(self) -> TaxRate:
        return TaxRate(
            seller_id=self.seller,
            country=self.country,
            region=self.region,
            category=self.category,
            effective_from=self.effective_from,
            rate=Decimal(self.rate),
            name=self.name,
            source=self.source,
        )


_SELLERS: TypeAdapter[Mapping[str, _SellerRow]] = TypeAdapter(Mapping[_Code, _SellerRow])
_RATES: TypeAdapter[tuple[_RateRow, ...]] = TypeAdapter(tuple[_RateRow, ...])


class YamlSellers:
    """The sellers of a file, or those of the package; see `application.ports.Sellers`."""

    def __init__(self, path: Path | None = None) -> None:
        """Raises ValueError naming the file and what is wrong in it."""
        rows = _read(_SELLERS, path, "sellers.yaml")
        self._sellers = {seller_id: row.seller(seller_id) for seller_id, row in rows.items()}

    def find(self, seller_id: str) -> Seller | None:
        return self._sellers.get(seller_id)

    def of(self, seller_id: str) -> Seller:
        seller = self._sellers.get(seller_id)
        if seller is None:
            raise LookupError(f"the table of sellers has lost {seller_id}")
        return seller


def rates_from(path: Path | None = None) -> RateTable:
    """The rate table of a file, or that of the package; raises ValueError naming what is wrong."""
    return RateTable(row.tax_rate() for row in _read(_RATES, path, "tax_rates.yaml"))


def _read(adapter: TypeAdapter[_Rows], path: Path | None, packaged: str) -> _Rows:
    text = path.read_text("utf-8") if path else (files("saldo_invoicing.adapters.data") / packaged).read_text("utf-8")
    try:
        return adapter.validate_python(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as wrong:
        raise ValueError(f"{path or packaged}: {wrong}") from wrong
