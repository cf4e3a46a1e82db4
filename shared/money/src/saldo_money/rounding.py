"""Rounding and splitting as the books want them: half away from zero, once; parts that add up exactly."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

Exact = int | Fraction | Decimal


def exact(number: Exact) -> Fraction:
    """The number as a fraction. Raises TypeError for a float or a bool, ValueError for NaN and infinity."""
    if isinstance(number, bool) or not isinstance(number, int | Fraction | Decimal):
        raise TypeError(f"an exact number is needed, not {type(number).__name__}")
    if isinstance(number, Decimal) and not number.is_finite():
        raise ValueError("a finite number is needed")
    return Fraction(number)


def round_half_away(value: Fraction) -> int:
    """The nearest whole number; a half goes away from zero, so that a credit mirrors its charge."""
    doubled = 2 * abs(value.numerator) + value.denominator
    magnitude = doubled // (2 * value.denominator)
    return magnitude if value.numerator >= 0 else -magnitude


def largest_remainder(total: int, weights: Sequence[Exact]) -> tuple[int, ...]:
    """Split a whole number by weights so that the parts add up to it exactly.

    Each part is its exact share rounded towards zero; what is left goes, one by one, to the largest remainders, of
    equal ones to the earlier position. A negative total gives the mirrored parts. Raises ValueError when a weight
    is negative or all are zero.
    """
    shares = _whole_weights(weights)
    whole = sum(shares)
    if whole == 0:
        raise ValueError("at least one weight must be above zero")
    parts, remainders = [], []
    for share in shares:
        part, remainder = divmod(abs(total) * share, whole)
        parts.append(part)
        remainders.append(remainder)
    left = abs(total) - sum(parts)
    for position in sorted(range(len(parts)), key=lambda at: -remainders[at])[:left]:
        parts[position] += 1
    return tuple(parts) if total >= 0 else tuple(-part for part in parts)


def _whole_weights(weights: Sequence[Exact]) -> list[int]:
    fractions = [exact(weight) for weight in weights]
    if any(fraction < 0 for fraction in fractions):
        raise ValueError("a weight may not be negative")
    common = lcm(*(fraction.denominator for fraction in fractions))
    return [fraction.numerator * (common // fraction.denominator) for fraction in fractions]
