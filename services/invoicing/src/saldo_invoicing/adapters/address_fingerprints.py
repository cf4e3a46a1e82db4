"""Keyed hashes of addresses, so that two services can see that an address is the same without sharing it."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

_NOT_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")


class AddressFingerprints:
    """HMAC-SHA-256 over the normalised address; without the key nothing can be guessed back (GOTO-27)."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES_MIN:
            raise ValueError(f"the fingerprint key needs at least {KEY_BYTES_MIN} bytes")
        self._key = key

    def of(self, *, country: str, region: str | None, postal_code: str | None, city: str, street: str) -> str:
        """64 hexadecimal digits."""
        parts = (country, region or "", postal_code or "", city, street)
        normal = "|".join(normalised(part) for part in parts)
        return hmac.new(self._key, normal.encode(), hashlib.sha256).hexdigest()


KEY_BYTES_MIN = 16  # 128 bits: less could be tried out


def normalised(text: str) -> str:
    """Letters without case and accents, and digits; nothing else (`Straße 5 a` and `STRASSE 5A` are one)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _NOT_LETTER_OR_DIGIT.sub("", plain) or plain.strip()
