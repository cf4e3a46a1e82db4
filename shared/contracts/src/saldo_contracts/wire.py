"""The small shapes every message is made of: ids, amounts, days, moments, periods."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema

MINOR_UNITS_MAX = 2**63 - 1  # what a PostgreSQL bigint holds, and every JSON reader of ours
UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
TIMESTAMP_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
LINES_MAX = 500  # per message: 500 lines stay far below the million bytes a message may have
IDS_MAX = 1000  # per list of ids, so that no message can outgrow its limit

_MOMENT = re.compile(TIMESTAMP_PATTERN)
_DAY = re.compile(DAY_PATTERN)

# The kinds of wire string, each with the pattern that the generated schemas print.
Id = Annotated[str, Field(pattern=UUID_PATTERN, description="A lower-case UUID.")]
Code = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9._-]{0,63}$", description="A code of the seller's own data.")]
Number = Annotated[str, Field(min_length=1, max_length=40, description="The number that people see.")]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217.")]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")]
Region = Annotated[str, Field(pattern="^[A-Z0-9]{1,3}$", description="ISO 3166-2, the part after the hyphen.")]
PostalCode = Annotated[str, Field(min_length=1, max_length=16)]
Language = Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z]{2})?$", description="BCP 47, language and perhaps region.")]
TimeZone = Annotated[str, Field(pattern="^[A-Za-z0-9_+/-]{1,64}$", description="A zone of the IANA database.")]
LastFour = Annotated[str, Field(pattern="^[0-9]{4}$")]
Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="A keyed hash (HMAC-SHA-256), hexadecimal.")]
DecimalString = Annotated[
    str, Field(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,12})?$", description="An exact decimal, never a float.")
]
PermissionCode = Annotated[str, Field(pattern="^[a-z_]+:[a-z]+$", description="One of the closed list of permissions.")]
Version = Annotated[int, Field(ge=0, description="Version of the aggregate that was told; copies ignore older ones.")]
Count = Annotated[int, Field(ge=0)]


def _moment(value: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> datetime:
    """A moment in UTC. From JSON only RFC 3339: pydantic alone would also read "1772357400" as seconds since 1970."""
    if info.mode == "json":
        if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
            raise ValueError("not a time of RFC 3339")
        moment = datetime.fromisoformat(value)
    else:
        moment = check(value)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _day(value: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo) -> date:
    """A day. From JSON only "2026-03-01", for the same reason."""
    if info.mode == "json":
        if not isinstance(value, str) or _DAY.fullmatch(value) is None:
            raise ValueError("not a day of RFC 3339")
        return date.fromisoformat(value)
    day: date = check(value)
    return day


Timestamp = Annotated[
    AwareDatetime,
    WrapValidator(_moment),
    Field(description="RFC 3339, in UTC.", json_schema_extra={"pattern": TIMESTAMP_PATTERN}),
]
Day = Annotated[date, WrapValidator(_day), Field(json_schema_extra={"pattern": DAY_PATTERN})]


class Wire(BaseModel):
    """A piece of a message: frozen, strict about types, deaf to fields that only tomorrow's readers know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)


class OpenVocabulary(StrEnum):
    """A list of reasons that may grow: a reader that does not know a new value reads `OTHER`, and stays alive.

    Every subclass has a member OTHER = "other".
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("other") if isinstance(value, str) else None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        # Tomorrow's values are valid today: the schema names the known ones without closing the list.
        schema = handler.resolve_ref_schema(handler(core_schema))
        schema["x-extensible-enum"] = schema.pop("enum", [member.value for member in cls])
        return schema


class Amount(Wire):
    """Money on the wire: whole minor units of one currency (1234 EUR is 12.34 euro, 1234 JPY is 1234 yen)."""

    minor_units: Annotated[int, Field(ge=-MINOR_UNITS_MAX, le=MINOR_UNITS_MAX)]
    currency: CurrencyCode


class Period(Wire):
    """Local days of the account, half open: the first day belongs to it, `ends_before` does not."""

    starts_on: Day
    ends_before: Day


def decimal_string(value: Decimal) -> str:
    """The plain wire form of a decimal (`Decimal("1E+2")` is "100"); a float is not accepted anywhere."""
    return format(value, "f")
