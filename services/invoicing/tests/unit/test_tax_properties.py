"""Tax is rounded once per document, and any split of lines or credits sums to it exactly."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saldo_invoicing.domain.credit_lines import CreditedLine
from saldo_invoicing.domain.document import Document
from saldo_invoicing.domain.errors import CreditExceedsLine, RateMissing, UnknownLine
from saldo_invoicing.domain.taxes import RateTable, TaxRate, assess, shares_of
from saldo_money import round_half_away

from services.invoicing.tests.unit.world import VAT, World, charge

NETS = st.lists(st.integers(min_value=-100_000, max_value=100_000), min_size=1, max_size=12)
RATES = st.decimals(min_value=0, max_value=1, places=4)


def rate_of(rate: Decimal, category: str = "standard", *, country: str = "DE", region: str | None = None) -> TaxRate:
    return TaxRate("aurora", country, category, date(2020, 1, 1), rate, f"{category} {rate}", "test", region)


@given(NETS, RATES)
def test_the_tax_is_the_rounded_sum_and_the_lines_shares_sum_to_it(nets: list[int], rate: Decimal) -> None:
    assessed = assess([charge(net) for net in nets], [rate_of(rate)] * len(nets))
    expected = round_half_away(sum(nets) * Fraction(rate))
    assert sum(tax.tax_minor_units for tax in assessed.taxes) == expected
    assert sum(line.tax_minor_units for line in assessed.lines) == expected
    for line, net in zip(assessed.lines, nets, strict=True):
        assert abs(line.tax_minor_units - net * Fraction(rate)) < 1


@given(st.lists(st.fractions(min_value=-1000, max_value=1000), min_size=1, max_size=20))
def test_shares_sum_to_the_whole_and_move_by_less_than_a_unit(parts: list[Fraction]) -> None:
    whole = round_half_away(sum(parts, Fraction(0)))
    shares = shares_of(whole, parts)
    assert sum(shares) == whole
    assert all(abs(share - part) < 1 for share, part in zip(shares, parts, strict=True))


def test_shares_of_another_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="not the rounded sum"):
        shares_of(5, [Fraction(1), Fraction(2)])


def test_every_rate_is_a_tax_line_of_its_own_and_a_rate_of_zero_none_beside_others() -> None:
    rates = [rate_of(Decimal("0.19")), rate_of(Decimal("0.07"), "reduced"), rate_of(Decimal(0), "exempt")]
    assessed = assess([charge(100_00), charge(100_00), charge(50_00)], rates)
    assert [(tax.rate, tax.base_minor_units, tax.tax_minor_units) for tax in assessed.taxes] == [
        ("0.19", 100_00, 19_00),
        ("0.07", 100_00, 7_00),
    ]


def test_a_document_without_tax_says_why() -> None:
    assessed = assess([charge(100), charge(200)], [rate_of(Decimal(0))] * 2)
    (tax,) = assessed.taxes
    assert (tax.base_minor_units, tax.tax_minor_units, tax.source) == (300, 0, "test")


@given(st.integers(min_value=1, max_value=100_000), st.data())
def test_crediting_a_whole_line_in_any_parts_gives_back_its_whole_tax(net: int, data: st.DataObject) -> None:
    world = World()
    invoice = world.issue(net, 33)
    line = world.documents[invoice.invoice_id].lines[0]
    notes: list[Document] = []
    left = net
    while left:
        part = data.draw(st.integers(min_value=1, max_value=left)) if len(notes) < 5 else left
        notes.append(world.credit(invoice, CreditedLine(line.charge.line_id, part)))
        left -= part
    assert sum(note.tax_minor_units for note in notes) == line.tax_minor_units
    assert sum(note.net_minor_units for note in notes) == net


def test_a_line_cannot_be_credited_by_more_than_it_cost() -> None:
    world = World()
    invoice = world.issue(100)
    line_id = world.documents[invoice.invoice_id].lines[0].charge.line_id
    world.credit(invoice, CreditedLine(line_id, 60))
    for net in (41, 0, -1):
        with pytest.raises(CreditExceedsLine):
            world.credit(invoice, CreditedLine(line_id, net))
    with pytest.raises(UnknownLine):
        world.credit(invoice, CreditedLine("none", 1))


def test_the_rate_table_takes_the_latest_rate_of_the_most_exact_place_and_guesses_nothing() -> None:
    old = TaxRate("aurora", "CA", "standard", date(2020, 1, 1), Decimal("0.05"), "GST", "test")
    new = TaxRate("aurora", "CA", "standard", date(2026, 1, 1), Decimal("0.06"), "GST", "test")
    ontario = TaxRate("aurora", "CA", "standard", date(2020, 1, 1), Decimal("0.13"), "HST", "test", "ON")
    table = RateTable([old, new, ontario, VAT])
    assert table.rate("aurora", "CA", "AB", "standard", date(2025, 12, 31)) is old
    assert table.rate("aurora", "CA", "AB", "standard", date(2026, 1, 1)) is new
    assert table.rate("aurora", "CA", "ON", "standard", date(2026, 1, 1)) is ontario
    for country, category, on in (
        ("FR", "standard", date(2026, 1, 1)),
        ("CA", "reduced", date(2026, 1, 1)),
        ("CA", "standard", date(2019, 12, 31)),
        (None, "standard", date(2026, 1, 1)),
    ):
        with pytest.raises(RateMissing, match="rate missing"):
            table.rate("aurora", country, None, category, on)


def test_a_rate_needs_a_source_and_a_range() -> None:
    with pytest.raises(ValueError, match="within 0 and 1"):
        TaxRate("aurora", "DE", "standard", date(2026, 1, 1), Decimal("1.9"), "VAT", "test")
    with pytest.raises(ValueError, match="source"):
        TaxRate("aurora", "DE", "standard", date(2026, 1, 1), Decimal("0.19"), "VAT", "")
