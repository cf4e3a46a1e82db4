"""Where the payer must authenticate: cards of customers in the European Union and the United Kingdom (C-15)."""

from __future__ import annotations

STRONG_AUTHENTICATION_COUNTRIES = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        "GB",
    )
)


def must_authenticate(country: str | None, *, customer_present: bool) -> bool:
    """Whether the payer is sent through the issuer's prompts (GOTO-59 to 61).

    An automatic charge runs under the mandate given when the card was stored, so nobody can be asked then.
    """
    return customer_present and country in STRONG_AUTHENTICATION_COUNTRIES
