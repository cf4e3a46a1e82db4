"""Amounts, days and moments as people of a language and region read them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import NumberPattern
from babel.numbers import parse_pattern as parse_number_pattern
from saldo_contracts.wire import Amount
from saldo_money import Currency

# A language without a region means the region that our texts are written for; CLDR would take pt for Brazil.
DEFAULT_REGIONS = {"en": "en_US", "de": "de_DE", "pt": "pt_PT"}

# CLDR's currencySpacing, which babel leaves out: KWD 1.005, not KWD1.005.
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """The locale of a BCP 47 tag; a region that CLDR does not know for the language falls back to the language."""
    base = language.partition("-")[0]
    try:
        return Locale.parse(DEFAULT_REGIONS.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(DEFAULT_REGIONS.get(base, base))


@lru_cache(maxsize=256)
def _pattern(language: str, exponent: int) -> NumberPattern:
    pattern = parse_number_pattern(locale_of(language).currency_formats["standard"].pattern)
    pattern.frac_prec = (exponent, exponent)
    return pattern


@lru_cache(maxsize=4_096)  # prices repeat
def money(amount: Amount, language: str) -> str:
    """All decimals of the currency (ISO 4217) and no rounding.

    CLDR counts the decimals of some currencies otherwise (IQD, JOD) and babel rounds half-even to them; here the
    number has exactly the pattern's decimals, so that nothing is left to round.
    """
    exponent = Currency(amount.currency).exponent
    number = Decimal(amount.minor_units).scaleb(-exponent)
    locale = locale_of(language)
    shown = _pattern(language, exponent).apply(number, locale, currency=amount.currency, currency_digits=False)
    return _LETTER_BESIDE_DIGIT.sub("\u00a0", str(shown))


@lru_cache(maxsize=1_024)  # a day's mails name the same few days
def day(value: date, language: str) -> str:
    """A local day, the month in words so that nobody can take it for the day."""
    return format_date(value, format="long", locale=locale_of(language))


def moment(value: datetime, language: str, *, time_zone: str) -> str:
    """A moment in the account's zone, with the zone's name; UTC where the zone is none that we know."""
    return _minute(value.replace(second=0, microsecond=0), language, time_zone)


@lru_cache(maxsize=1_024)  # the mails of a minute name the same one
def _minute(value: datetime, language: str, time_zone: str) -> str:
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    locale = locale_of(language)
    local_day = day(value.astimezone(zone).date(), language)
    local_time = format_time(value, format="short", tzinfo=zone, locale=locale)
    return f"{local_day}, {local_time} {_zone_name(value, zone, locale=locale)}"


def _zone_name(value: datetime, zone: ZoneInfo, *, locale: Locale) -> str:
    """MEZ where the language has a name for it, else GMT+01:00; never a bare +0100."""
    if zone.key in ("UTC", "Etc/UTC"):
        return "UTC"
    short = format_datetime(value, "zzz", tzinfo=zone, locale=locale)
    return short if short[:1].isalpha() else format_datetime(value, "ZZZZ", tzinfo=zone, locale=locale)
