"""An amount of money: whole minor units of one currency, never a float."""

from collections.abc import Iterable, Sequence
from dataclasses import FrozenInstanceError
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import Final, Self, final

from saldo_money.currency import Currency, currency_of
from saldo_money.rounding import Exact, exact, largest_remainder, round_half_away

# The default context has 28 digits and would round a larger amount without a word.
_WIDE: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were put together; `left` and `right` are the currencies."""

    def __init__(self, left: Currency, right: Currency) -> None:
        super().__init__(f"{left} and {right} cannot be put together")
        self.left = left
        self.right = right


class TooManyDecimals(ValueError):
    """The number has more decimals than the currency's minor unit (C-08)."""

    def __init__(self, number: Decimal, of: Currency) -> None:
        super().__init__(f"{of} has {of.exponent} decimals, {number} has more")
        self.number = number
        self.currency = of


@final
class Money:
    """minor_units of a currency: Money(1234, "EUR") is 12.34 EUR, Money(1234, "JPY") is 1234 JPY.

    Written by hand and not as a dataclass, because millions are made: one check, two slots. Equal amounts of
    different currencies are unequal, zero included; ordering and sums across currencies raise CurrencyMismatch.
    """

    __slots__ = ("currency", "minor_units")
    minor_units: int
    currency: Currency

    def __init__(self, minor_units: int, currency: Currency | str) -> None:
        if isinstance(minor_units, bool) or not isinstance(minor_units, int):
            raise TypeError(f"minor units are a whole number, not {type(minor_units).__name__}")
        if not isinstance(currency, Currency):
            currency = currency_of(currency)
        object.__setattr__(self, "minor_units", minor_units)
        object.__setattr__(self, "currency", currency)

    @classmethod
    def zero(cls, currency: Currency | str) -> Self:
        return cls(0, currency)

    @classmethod
    def from_decimal(cls, number: Decimal | int, currency: Currency | str) -> Self:
        """The amount of so many major units, exactly. Raises TooManyDecimals rather than round."""
        of = currency if isinstance(currency, Currency) else currency_of(currency)
        minor_units = exact(number) * 10**of.exponent
        if minor_units.denominator != 1:
            raise TooManyDecimals(Decimal(number), of)
        return cls(minor_units.numerator, of)

    @classmethod
    def rounded(cls, number: Exact, currency: Currency | str) -> Self:
        """The amount nearest to so many major units, rounded once, half away from zero: a line total."""
        of = currency if isinstance(currency, Currency) else currency_of(currency)
        return cls(round_half_away(exact(number) * 10**of.exponent), of)

    @classmethod
    def total(cls, amounts: Iterable["Money"], currency: Currency | str) -> Self:
        """The sum of amounts that are all of this currency; zero when there are none."""
        of = currency if isinstance(currency, Currency) else currency_of(currency)
        minor_units = 0
        for amount in amounts:
            if amount.currency != of:
                raise CurrencyMismatch(of, amount.currency)
            minor_units += amount.minor_units
        return cls(minor_units, of)

    @property
    def is_zero(self) -> bool:
        return self.minor_units == 0

    @property
    def is_positive(self) -> bool:
        return self.minor_units > 0

    @property
    def is_negative(self) -> bool:
        return self.minor_units < 0

    def to_decimal(self) -> Decimal:
        """Major units, with exactly the currency's decimals."""
        return Decimal(self.minor_units).scaleb(-self.currency.exponent, _WIDE)

    def times(self, factor: Exact) -> "Money":
        """The product, exact and then rounded once, half away from zero. A float or a bool raises TypeError."""
        return Money(round_half_away(exact(factor) * self.minor_units), self.currency)

    def allocate(self, weights: Sequence[Exact]) -> tuple["Money", ...]:
        """Split by weights, by largest remainder: the parts add up exactly, ties go to the earlier position."""
        return tuple(Money(part, self.currency) for part in largest_remainder(self.minor_units, weights))

    def __add__(self, other: "Money") -> "Money":
        return (
            Money(self.minor_units + self._same(other), self.currency) if isinstance(other, Money) else NotImplemented
        )

    def __sub__(self, other: "Money") -> "Money":
        return (
            Money(self.minor_units - self._same(other), self.currency) if isinstance(other, Money) else NotImplemented
        )

    def __neg__(self) -> "Money":
        return Money(-self.minor_units, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor_units), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor_units < self._same(other) if isinstance(other, Money) else NotImplemented

    def __le__(self, other: "Money") -> bool:
        return self.minor_units <= self._same(other) if isinstance(other, Money) else NotImplemented

    def __gt__(self, other: "Money") -> bool:
        return self.minor_units > self._same(other) if isinstance(other, Money) else NotImplemented

    def __ge__(self, other: "Money") -> bool:
        return self.minor_units >= self._same(other) if isinstance(other, Money) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor_units == other.minor_units and self.currency == other.currency

    def __hash__(self) -> int:
        return hash((self.minor_units, self.currency.code))

    def __bool__(self) -> bool:
        # `if amount:` would read as "is there one" and mean "is it not zero": say is_zero or `is None`.
        raise TypeError("ask is_zero, is_positive or is_negative")

    def __str__(self) -> str:
        return f"{self.to_decimal():f} {self.currency.code}"

    def __repr__(self) -> str:
        return f"Money({self.minor_units}, {self.currency.code!r})"

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {name!r}")

    def __reduce__(self) -> tuple[type["Money"], tuple[int, str]]:
        return Money, (self.minor_units, self.currency.code)

    def _same(self, other: "Money") -> int:
        if self.currency is not other.currency and self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.minor_units
