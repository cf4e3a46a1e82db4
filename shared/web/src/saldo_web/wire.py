"""The shapes of request fields beyond those of the contracts: texts, whole numbers and ids that a database can keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from saldo_contracts.wire import UUID_PATTERN

INT64_MAX: Final = 2**63 - 1
INT64_MIN: Final = -(2**63)
DAY_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TEXT_PATTERN: Final = r"^[^\u0000]*$"


class RequestBody(BaseModel):
    """A body: frozen, no member that nobody knows (a misspelt one would be lost in silence), no input in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Text:
    """`Annotated[str, Text(80)]`: at most so many characters, at least one unless said otherwise, and no NUL."""

    characters_max: int
    characters_min: int = 1

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        limits = core_schema.str_schema(min_length=self.characters_min, max_length=self.characters_max)
        return core_schema.no_info_after_validator_function(_without_nul, limits)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": TEXT_PATTERN}


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("no_nul", "NUL is not a character here")
    return text


def _only_text(value: object) -> object:
    if isinstance(value, (str, date)):
        return value
    raise PydanticCustomError("string_type", "Input should be a valid string")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("moment_range", "Input should be a moment of the years 1 to 9999") from None


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_only_text), AfterValidator(_in_utc)]
"""A moment with its offset (RFC 3339), in UTC from here on; never a number."""

Day: TypeAlias = Annotated[date, BeforeValidator(_only_text), Field(json_schema_extra={"pattern": DAY_PATTERN})]
"""A calendar day, `2026-01-31`; never a number."""

Int64: TypeAlias = Annotated[int, Field(strict=True, ge=INT64_MIN, le=INT64_MAX)]
"""A whole number in a body: JSON's 1, and neither 1.0 nor "1" nor true."""

Int64Parameter: TypeAlias = Annotated[int, Field(ge=INT64_MIN, le=INT64_MAX)]
"""A whole number in a query string."""

PathId: TypeAlias = Annotated[str, Path(pattern=UUID_PATTERN, json_schema_extra={"format": "uuid"})]
"""A lower-case UUID in a path; anything else names nothing and is answered 404."""
