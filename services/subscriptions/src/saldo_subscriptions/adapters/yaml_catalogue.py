"""The catalogue as YAML files, one a seller: read once, checked in full, and refused with sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from saldo_money import CURRENCY_CODES, Money

from saldo_subscriptions.domain.cadences import CADENCES, CadenceProfile
from saldo_subscriptions.domain.catalogue import DunningTerms, Plan, Seller, TaxCategory

SAMPLE_SELLERS: Final = Path(__file__).parent / "sellers"
FILE_BYTES_MAX: Final = 1_000_000  # a catalogue is written by people
FAULTS_MAX: Final = 20  # named in one refusal; the rest is counted
DUNNING_DAYS_MAX: Final = 366

_Code = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$")]
_Price = Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]


class CatalogueRefused(ValueError):
    """The catalogue cannot be used; the message names file, place and fault, line by line."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _PlanDocument(_Document):
    plan_code: _Code
    name: Annotated[str, Field(min_length=1, max_length=80)]
    cadence: CadenceProfile
    tax_category: TaxCategory
    prices: Annotated[dict[str, _Price], Field(min_length=1)]
    prepaid_protected: bool = False
    online_cancellation: bool = False

    @field_validator("cadence")
    @classmethod
    def _billed(cls, cadence: CadenceProfile) -> CadenceProfile:
        if cadence not in CADENCES:
            billed = ", ".join(profile.value for profile in CADENCES)
            raise ValueError(f"nothing bills {cadence.value} yet; these are billed: {billed}")
        return cadence

    @field_validator("prices")
    @classmethod
    def _exact(cls, prices: dict[str, str]) -> dict[str, str]:
        for currency, price in prices.items():
            if currency not in CURRENCY_CODES:
                raise ValueError(f"{currency} is no currency of ISO 4217")
            Money.from_decimal(Decimal(price), currency)  # raises ValueError where it has too many decimals
        return prices


class _ProductDocument(_Document):
    product_code: _Code
    plans: Annotated[list[_PlanDocument], Field(min_length=1)]


class _TermsDocument(_Document):
    suspension_days: Annotated[int, Field(strict=True, ge=0, le=DUNNING_DAYS_MAX)] = 7
    cancellation_days: Annotated[int, Field(strict=True, ge=1, le=DUNNING_DAYS_MAX)] = 30

    @model_validator(mode="after")
    def _in_order(self) -> _TermsDocument:
        if self.suspension_days >= self.cancellation_days:
            raise ValueError("suspension_days must be less than cancellation_days")
        return self


class _SellerDocument(_Document):
    seller_id: _Code
    terms: _TermsDocument = _TermsDocument()
    products: Annotated[list[_ProductDocument], Field(min_length=1)]


class YamlCatalogue:
    """Every plan of every seller in a folder, by its code."""

    def __init__(self, sellers: Iterable[Seller]) -> None:
        self._sellers = {seller.seller_id: seller for seller in sellers}
        self._plans = {code: plan for seller in self._sellers.values() for code, plan in seller.plans.items()}

    @classmethod
    def read(cls, folder: Path = SAMPLE_SELLERS) -> YamlCatalogue:
        """Read every `*.yaml` of the folder; raises CatalogueRefused naming all faults that were found."""
        files = sorted(folder.glob("*.yaml"))
        if not files:
            raise CatalogueRefused(f"{folder}: no *.yaml file of a seller is there")
        faults: list[str] = []
        sellers = [seller for file in files if (seller := _read(file, faults)) is not None]
        faults += _repeated(sellers)
        if faults:
            more = [f"and {len(faults) - FAULTS_MAX} more"] if len(faults) > FAULTS_MAX else []
            raise CatalogueRefused("\n".join(["the catalogue is refused:", *faults[:FAULTS_MAX], *more]))
        return cls(sellers)

    def seller(self, seller_id: str) -> Seller | None:
        """See `ports.Catalogue`."""
        return self._sellers.get(seller_id)

    def plan(self, plan_code: str) -> Plan | None:
        """See `ports.Catalogue`."""
        return self._plans.get(plan_code)

    def terms_of(self, seller_id: str) -> DunningTerms:
        """See `ports.Catalogue`."""
        seller = self._sellers.get(seller_id)
        return seller.terms if seller else DunningTerms()


def _read(file: Path, faults: list[str]) -> Seller | None:
    """The seller of one file, or None with the faults noted."""
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise ValueError(f"larger than {FILE_BYTES_MAX} bytes")
        document = _SellerDocument.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except ValidationError as refused:
        faults += [f"  {file.name}: {_place(fault['loc'])}: {_said(fault['msg'])}" for fault in refused.errors()]
        return None
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        faults.append(f"  {file.name}: {where}: {broken.problem or 'no YAML'}")
        return None
    except (OSError, ValueError, yaml.YAMLError) as broken:
        faults.append(f"  {file.name}: {broken}")
        return None
    return _seller(document, file, faults)


def _place(location: tuple[int | str, ...]) -> str:
    """`products.2.plans.1.cadence`, counted from one, as people count in a file."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location) or "the whole file"


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _seller(document: _SellerDocument, file: Path, faults: list[str]) -> Seller:
    plans: dict[str, Plan] = {}
    for product in document.products:
        for offered in product.plans:
            if offered.plan_code in plans:
                faults.append(f"  {file.name}: plan {offered.plan_code} stands there twice")
            plans[offered.plan_code] = _plan(offered, document.seller_id, product_code=product.product_code)
    return Seller(
        seller_id=document.seller_id,
        terms=DunningTerms(
            suspension_days=document.terms.suspension_days, cancellation_days=document.terms.cancellation_days
        ),
        plans=MappingProxyType(plans),
    )


def _plan(offered: _PlanDocument, seller_id: str, *, product_code: str) -> Plan:
    prices: Mapping[str, Money] = {
        currency: Money.from_decimal(Decimal(price), currency) for currency, price in offered.prices.items()
    }
    return Plan(
        plan_code=offered.plan_code,
        product_code=product_code,
        seller_id=seller_id,
        name=offered.name,
        cadence=offered.cadence,
        tax_category=offered.tax_category,
        prices=MappingProxyType(dict(prices)),
        prepaid_protected=offered.prepaid_protected,
        online_cancellation=offered.online_cancellation,
    )


def _repeated(sellers: Iterable[Seller]) -> list[str]:
    """An account orders by plan code alone, so a code has one seller."""
    faults: list[str] = []
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for seller in sellers:
        if seller.seller_id in seen:
            faults.append(f"  seller {seller.seller_id} has two files")
        seen.add(seller.seller_id)
        faults.extend(
            f"  plan {code} is offered by {owners[code]} and by {seller.seller_id}"
            for code in seller.plans
            if owners.setdefault(code, seller.seller_id) != seller.seller_id
        )
    return faults
