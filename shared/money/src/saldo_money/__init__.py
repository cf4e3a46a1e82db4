"""Exact money: amounts in minor units, currencies, rounding and allocation."""

from saldo_money.currency import CURRENCY_CODES, Currency, UnknownCurrency, currency_of
from saldo_money.money import CurrencyMismatch, Money, TooManyDecimals
from saldo_money.rounding import Exact, exact, largest_remainder, round_half_away

__all__ = [
    "CURRENCY_CODES",
    "Currency",
    "CurrencyMismatch",
    "Exact",
    "Money",
    "TooManyDecimals",
    "UnknownCurrency",
    "currency_of",
    "exact",
    "largest_remainder",
    "round_half_away",
]
