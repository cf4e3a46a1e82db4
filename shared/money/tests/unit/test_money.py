"""What an amount is and what it refuses."""

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from saldo_money import Currency, CurrencyMismatch, Money, TooManyDecimals, UnknownCurrency, currency_of


@pytest.mark.parametrize(("code", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("BGN", 2), ("HRK", 2)])
def test_a_currency_knows_its_decimals(code: str, decimals: int) -> None:
    assert Currency(code).exponent == decimals
    assert currency_of(code) is currency_of(code)
    assert currency_of(code) == Currency(code)


@pytest.mark.parametrize("code", ["eur", "EURO", "", "XXX", "XAU", "E1R", " EUR"])
def test_what_iso_4217_does_not_list_is_no_currency(code: str) -> None:
    with pytest.raises(UnknownCurrency) as refused:
        Money(1, code)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(1234, "EUR"), "12.34 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(0, "EUR"), "0.00 EUR"),
        (Money(1234, "JPY"), "1234 JPY"),
        (Money(1234, "KWD"), "1.234 KWD"),
        (Money(10**30, "JPY"), f"{10**30} JPY"),
        (Money(10**40 + 1, "EUR"), f"{10**38}.01 EUR"),
    ],
)
def test_an_amount_is_printed_plainly(amount: Money, text: str) -> None:
    assert str(amount) == text


def test_sums_differences_and_signs() -> None:
    ten, three = Money(1000, "EUR"), Money(300, "EUR")
    assert ten + three == Money(1300, "EUR")
    assert three - ten == Money(-700, "EUR")
    assert -three == Money(-300, "EUR")
    assert abs(-three) == three
    assert Money.total([ten, three], "EUR") == Money(1300, "EUR")
    assert Money.total([], "EUR") == Money.zero("EUR")
    assert Money.zero("EUR").is_zero and ten.is_positive and (-ten).is_negative


def test_amounts_are_ordered_within_a_currency() -> None:
    assert Money(1, "EUR") < Money(2, "EUR") <= Money(2, "EUR")
    assert Money(2, "EUR") > Money(1, "EUR") >= Money(1, "EUR")
    assert Money(1, "EUR") != Money(1, "USD")
    assert Money.zero("EUR") != Money.zero("USD")
    assert len({Money(1, "EUR"), Money(1, "EUR"), Money(1, "USD")}) == 2


@pytest.mark.parametrize(
    "together",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: Money.total([a, b], "EUR"),
    ],
)
def test_two_currencies_are_never_put_together(together) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CurrencyMismatch) as refused:
        together(Money(1, "EUR"), Money(1, "USD"))
    assert {refused.value.left.code, refused.value.right.code} == {"EUR", "USD"}


@pytest.mark.parametrize("minor_units", [True, 1.0, "1", None, Decimal(1)])
def test_minor_units_are_whole_numbers(minor_units: object) -> None:
    with pytest.raises(TypeError):
        Money(minor_units, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [True, 0.5, "2", None])
def test_a_factor_is_exact(factor: object) -> None:
    with pytest.raises(TypeError):
        Money(1, "EUR").times(factor)  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [Decimal("NaN"), Decimal("Infinity")])
def test_a_factor_is_finite(factor: Decimal) -> None:
    with pytest.raises(ValueError, match="finite"):
        Money(1, "EUR").times(factor)


@pytest.mark.parametrize("other", [1, 0, "1.00 EUR", None])
def test_an_amount_meets_amounts_only(other: object) -> None:
    with pytest.raises(TypeError):
        Money(1, "EUR") + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1, "EUR") < other  # type: ignore[operator]  # noqa: B015
    assert Money(1, "EUR") != other


def test_an_amount_has_no_truth_value() -> None:
    with pytest.raises(TypeError):
        bool(Money.zero("EUR"))


@pytest.mark.requirement("GOTO-151")
def test_sixteen_of_thirty_one_days_of_july() -> None:
    assert Money(3100, "EUR").times(Fraction(16, 31)) == Money(1600, "EUR")
    assert Money(10000, "EUR").times(Fraction(16, 31)) == Money(5161, "EUR")
    assert Money(-10000, "EUR").times(Fraction(16, 31)) == Money(-5161, "EUR")


@pytest.mark.requirement("GOTO-166", "GOTO-175")
def test_prices_with_more_decimals_are_rounded_once_on_the_line() -> None:
    assert Money.rounded(Decimal("0.00715") * 1000, "CAD") == Money(715, "CAD")
    assert Money.rounded(Decimal("0.0055") * 1000, "USD") == Money(550, "USD")
    assert Money(10000, "CAD").times(Decimal("0.09975")) == Money(998, "CAD")


def test_a_half_goes_away_from_zero() -> None:
    assert Money(1, "EUR").times(Fraction(1, 2)) == Money(1, "EUR")
    assert Money(-1, "EUR").times(Fraction(1, 2)) == Money(-1, "EUR")
    assert Money(5, "EUR").times(Decimal("0.5")) == Money(3, "EUR")


@pytest.mark.requirement("IBM-02")
def test_more_decimals_than_the_currency_has_are_refused() -> None:
    assert Money.from_decimal(Decimal("45.50"), "EUR") == Money(4550, "EUR")
    assert Money.from_decimal(Decimal("45.5000"), "EUR") == Money(4550, "EUR")
    assert Money.from_decimal(7, "JPY") == Money(7, "JPY")
    for number, code in ((Decimal("45.505"), "EUR"), (Decimal("0.5"), "JPY")):
        with pytest.raises(TooManyDecimals):
            Money.from_decimal(number, code)


def test_parts_add_up_and_ties_go_to_the_earlier() -> None:
    assert [m.minor_units for m in Money(100, "EUR").allocate([1, 1, 1])] == [34, 33, 33]
    assert [m.minor_units for m in Money(-100, "EUR").allocate([1, 1, 1])] == [-34, -33, -33]
    assert [m.minor_units for m in Money(1, "EUR").allocate([0, 1, 1])] == [0, 1, 0]
    assert [m.minor_units for m in Money(0, "EUR").allocate([3, 1])] == [0, 0]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_must_say_something(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        Money(1, "EUR").allocate(weights)


def test_an_amount_never_changes_and_can_be_copied_and_pickled() -> None:
    amount = Money(1, "EUR")
    with pytest.raises(AttributeError):
        amount.minor_units = 2
    with pytest.raises(AttributeError):
        del amount.minor_units
    assert copy.deepcopy(amount) == amount
    assert pickle.loads(pickle.dumps(amount)) == amount  # noqa: S301 - our own bytes
    assert eval(repr(amount)) == amount  # noqa: S307 - our own text
