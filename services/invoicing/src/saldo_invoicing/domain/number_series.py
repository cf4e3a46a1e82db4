"""Numbers that people see: gap-free per seller and series, account numbers with a check digit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Series(StrEnum):
    """What a seller counts apart."""

    ACCOUNT = "account"
    INVOICE = "invoice"
    CREDIT = "credit"


@dataclass(slots=True)
class NumberSeries:
    """The next number of one seller's series; its row is locked last, so that numbers are drawn without gaps.

    A rollback returns what was drawn, because the row and the document are written in one transaction.
    """

    series_id: str
    next_number: int = 1
    version: int = 0

    def draw(self) -> int:
        """The next number, from 1 upwards."""
        drawn = self.next_number
        self.next_number += 1
        return drawn


def series_id(seller_id: str, series: Series) -> str:
    """The key of a seller's series: `aurora/invoice`."""
    return f"{seller_id}/{series.value}"


def check_digit(digits: str) -> int:
    """The check digit of ISO 7064 MOD 11,10: one mistyped digit is always found, two swapped ones nearly always."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10


def has_right_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    return len(digits) > 1 and digits.isdigit() and check_digit(digits[:-1]) == int(digits[-1])


ACCOUNT_NUMBER_DIGITS = 7  # ten million accounts per seller before numbers grow longer, which they may


def account_number(prefix: str, drawn: int) -> str:
    """The number of an account: the seller's prefix, the number drawn, its check digit."""
    digits = f"{drawn:0{ACCOUNT_NUMBER_DIGITS}d}"
    return f"{prefix}{digits}{check_digit(digits)}"
