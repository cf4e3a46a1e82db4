"""Currencies of ISO 4217: their code and how many decimals their minor unit has."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

# ISO 4217 list one, without the codes that have no minor unit (metals, bond units, SDR, tests): nothing is owed in
# them. Amounts stored long ago stay readable: the last line of two decimals holds codes that were withdrawn.
_CODES_BY_EXPONENT: Final[dict[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
        CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
        IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
        MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
        SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
        YER ZAR ZMW ZWG
        ANG BGN CUC EEK HRK LTL LVL SLL ZWL
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS: Final[dict[str, int]] = {
    code: exponent for exponent, codes in _CODES_BY_EXPONENT.items() for code in codes.split()
}
CURRENCY_CODES: Final[frozenset[str]] = frozenset(_EXPONENTS)


class UnknownCurrency(ValueError):
    """No such code in ISO 4217; `code` is what was given."""

    def __init__(self, code: object) -> None:
        super().__init__(f"{code!r} is no currency of ISO 4217")
        self.code = code


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by its code ("EUR"); exponent is the number of decimals: EUR 2, JPY 0, KWD 3.

    Raises UnknownCurrency for anything that is not one of CURRENCY_CODES, lower case included.
    """

    code: str
    exponent: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        exponent = _EXPONENTS.get(self.code) if isinstance(self.code, str) else None
        if exponent is None:
            raise UnknownCurrency(self.code)
        object.__setattr__(self, "exponent", exponent)

    def __str__(self) -> str:
        return self.code


@lru_cache(maxsize=len(CURRENCY_CODES))
def currency_of(code: str) -> Currency:
    """The one shared Currency of a code, so that amounts of one currency hold one object."""
    return Currency(code)
