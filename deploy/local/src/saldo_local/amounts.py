"""Money as people read it on a page or a screen: 58.31 EUR, 1,000 JPY."""

from __future__ import annotations

from decimal import Decimal

# ISO 4217: everything else has two decimals. The simulator and the demo know no package of the services.
DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


def readable(minor_units: int, currency: str) -> str:
    """`currency` in capitals or not."""
    code = currency.upper()
    decimals = next((count for count, codes in DECIMALS.items() if code in codes.split()), 2)
    return f"{Decimal(minor_units).scaleb(-decimals):,.{decimals}f} {code}"
