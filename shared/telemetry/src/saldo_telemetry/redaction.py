"""Keeps personal data, card data and secrets out of the logs, by the name of a key and by the look of a value."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final

REDACTED: Final = "[redacted]"
DEPTH_MAX: Final = 6  # deeper structures do not belong into a log line

_SECRET_WORDS: Final = frozenset(
    re.split(
        r"\s+",
        "email mail phone telephone mobile street postcode zip birthday birthdate iban bic cvc cvv pan card cardnumber"
        " password passphrase secret token authorization cookie credential credentials apikey signature jwt",
    )
)
_PERSONAL_NAMES: Final = frozenset(
    re.split(
        r"\s+",
        "first_name last_name full_name given_name family_name middle_name holder_name cardholder_name customer_name"
        " contact_name company_name legal_name display_name person_name recipient_name holder cardholder firstname"
        " lastname fullname surname",
    )
)
_ADDRESS_WORDS: Final = frozenset({"address", "addresses", "recipient", "recipients"})
_HARMLESS_ADDRESSES: Final = frozenset({"server", "network", "bind", "fingerprint", "address_id", "country"})
_HARMLESS_ENDINGS: Final = frozenset({"id", "ids", "count", "kind", "brand", "fingerprint", "hash", "max", "seconds"})
_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_EMAIL: Final = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_CARD_NUMBER: Final = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_BEARER: Final = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")


def is_private(key: str) -> bool:
    """Whether a key's name says that its value is personal, card data or a secret (`contact_id` is none of them)."""
    words = [word.lower() for word in _WORDS.findall(key)]
    if not words or words[-1] in _HARMLESS_ENDINGS:
        return False
    if "_".join(words[-2:]) in _PERSONAL_NAMES or words[-1] in _PERSONAL_NAMES:
        return True
    if not _SECRET_WORDS.isdisjoint(words):
        return True
    return not _ADDRESS_WORDS.isdisjoint(words) and _HARMLESS_ADDRESSES.isdisjoint(words)


def scrub_text(text: str) -> str:
    """The text without e-mail addresses, card numbers (by the Luhn check) and bearer tokens."""
    if "@" in text:
        text = _EMAIL.sub(REDACTED, text)
    if "eyJ" in text:
        text = _BEARER.sub(REDACTED, text)
    return _CARD_NUMBER.sub(lambda match: REDACTED if _passes_luhn(match[0]) else match[0], text)


def redact(_logger: object, _method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """The structlog processor: replaces private values, however deep they lie."""
    for key, value in event.items():
        event[key] = REDACTED if is_private(key) else _scrub(value, DEPTH_MAX)
    return event


def _scrub(value: object, depth: int) -> object:
    if isinstance(value, str):
        return scrub_text(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth == 0:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {str(k): REDACTED if is_private(str(k)) else _scrub(v, depth - 1) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_scrub(item, depth - 1) for item in value]
    return scrub_text(str(value))


def _passes_luhn(number: str) -> bool:
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
