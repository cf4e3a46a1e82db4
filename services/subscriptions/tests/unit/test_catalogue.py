"""The catalogue's files: what the samples offer, and what a wrong file is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from saldo_money import Money
from saldo_subscriptions.adapters.yaml_catalogue import CatalogueRefused, YamlCatalogue
from saldo_subscriptions.domain.cadences import CadenceProfile
from saldo_subscriptions.domain.catalogue import DunningTerms

GOOD = """
seller_id: cygnus
products:
  - product_code: line
    plans:
      - plan_code: line-monthly
        name: Line
        cadence: anniversary_month
        tax_category: standard
        prices: {EUR: "10.00", JPY: "1600"}
"""


def test_the_samples_offer_what_the_scenarios_need() -> None:
    catalogue = YamlCatalogue.read()
    sixty, forty, thirty = (catalogue.plan(c) for c in ("connect-monthly", "support-monthly", "connect-30d"))
    team = catalogue.plan("team-monthly")
    assert sixty and forty and thirty and team
    assert sixty.prices == {"USD": Money(6000, "USD"), "EUR": Money(6000, "EUR")}
    assert forty.prices == {"USD": Money(4000, "USD"), "EUR": Money(4000, "EUR")}
    assert thirty.cadence is CadenceProfile.ANNIVERSARY_30D
    assert (team.seller_id, team.prices) == ("aurora", {"EUR": Money(4900, "EUR")})
    assert catalogue.terms_of("nobody") == DunningTerms(suspension_days=7, cancellation_days=30)


def refusal_of(folder: Path, **files: str) -> str:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueRefused) as refused:
        YamlCatalogue.read(folder)
    return str(refused.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "cygnus.yaml").write_text(GOOD, encoding="utf-8")
    plan = YamlCatalogue.read(tmp_path).plan("line-monthly")
    assert plan and plan.prices["JPY"] == Money(1600, "JPY")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('JPY: "1600"', 'JPY: "1600.5"', "products.1.plans.1.prices: JPY has 0 decimals"),
        ('EUR: "10.00"', "EUR: 10.00", "products.1.plans.1.prices.EUR: Input should be a valid string"),
        ('EUR: "10.00"', 'EUX: "10.00"', "EUX is no currency of ISO 4217"),
        ("anniversary_month", "calendar_month", "nothing bills calendar_month yet"),
        ("anniversary_month", "weekly", "products.1.plans.1.cadence: Input should be 'anniversary_30d'"),
        ("name: Line", "nam: Line", "products.1.plans.1.name: Field required"),
        ("name: Line", "nam: Line", "products.1.plans.1.nam: Extra inputs are not permitted"),
        ("seller_id: cygnus", "seller_id: Cygnus", "seller_id: String should match pattern"),
        ("seller_id: cygnus", "seller_id: [", "line 4, column 3: expected the node content"),
        ("products:", "terms: {suspension_days: 30}\nproducts:", "suspension_days must be less than"),
    ],
)
def test_a_fault_is_named_with_file_and_place(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    told = refusal_of(tmp_path, cygnus=GOOD.replace(wrong, right))
    assert "cygnus.yaml" in told
    assert said in told


def test_a_plan_code_has_one_seller_and_a_seller_one_file(tmp_path: Path) -> None:
    other = GOOD.replace("seller_id: cygnus", "seller_id: draco")
    told = refusal_of(tmp_path, cygnus=GOOD, draco=other, again=GOOD)
    assert "plan line-monthly is offered by cygnus and by draco" in told
    assert "seller cygnus has two files" in told


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    assert "no *.yaml file" in refusal_of(tmp_path)
