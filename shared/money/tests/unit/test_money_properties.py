"""What holds for every amount: sums, rounding, splits."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as some
from saldo_money import CURRENCY_CODES, Money, round_half_away

minor_units = some.integers(min_value=-(10**15), max_value=10**15)
codes = some.sampled_from(sorted(CURRENCY_CODES))
weights = some.lists(
    some.one_of(
        some.integers(min_value=0, max_value=10**9),
        some.fractions(min_value=0, max_value=1000, max_denominator=1000),
        some.decimals(min_value=0, max_value=1000, places=5),
    ),
    min_size=1,
    max_size=40,
).filter(lambda found: any(weight > 0 for weight in found))


@given(minor_units, minor_units, codes)
def test_what_is_added_can_be_taken_away(left: int, right: int, code: str) -> None:
    assert Money(left, code) + Money(right, code) - Money(right, code) == Money(left, code)


@given(minor_units, codes)
def test_decimals_lead_back(units: int, code: str) -> None:
    amount = Money(units, code)
    assert Money.from_decimal(amount.to_decimal(), code) == amount
    assert amount.to_decimal().as_tuple().exponent == -amount.currency.exponent


@given(minor_units, codes)
def test_the_text_is_the_decimal_and_the_code(units: int, code: str) -> None:
    number, printed_code = str(Money(units, code)).split(" ")
    assert Money.from_decimal(Decimal(number), printed_code) == Money(units, code)
    assert "e" not in number.lower()


@given(some.fractions())
def test_rounding_is_the_nearest_and_mirrors(value: Fraction) -> None:
    assert abs(round_half_away(value) - value) <= Fraction(1, 2)
    assert round_half_away(-value) == -round_half_away(value)


@given(some.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_rounding_agrees_with_the_decimal_module(value: Decimal) -> None:
    with localcontext(prec=60):
        assert round_half_away(Fraction(value)) == int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(minor_units, weights)
def test_parts_add_up_exactly_and_stay_within_one_unit(units: int, weights: list[int]) -> None:
    parts = Money(units, "EUR").allocate(weights)
    assert Money.total(parts, "EUR") == Money(units, "EUR")
    whole = sum(Fraction(weight) for weight in weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor_units - Fraction(weight) * units / whole) < 1
        assert weight != 0 or part.is_zero


@given(minor_units, weights)
def test_a_negative_amount_splits_into_the_mirrored_parts(units: int, weights: list[int]) -> None:
    mirrored = tuple(-part for part in Money(-units, "EUR").allocate(weights))
    assert mirrored == Money(units, "EUR").allocate(weights)


@given(minor_units, weights, some.integers(min_value=1, max_value=1000))
def test_only_the_proportions_of_weights_count(units: int, weights: list[int], factor: int) -> None:
    scaled = [Fraction(weight) * factor for weight in weights]
    assert Money(units, "EUR").allocate(scaled) == Money(units, "EUR").allocate(weights)
