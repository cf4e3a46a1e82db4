"""How entities and tables meet: what fits survives the way there and back, what does not is refused at import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, Literal, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saldo_messaging import Group, MappingRefused, Stored
from saldo_money import Money
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Grade(IntEnum):
    ONE = 1


@dataclass(frozen=True, slots=True)
class Inner:
    day: date
    amount: Decimal
    colours: tuple[Colour, ...] = ()


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner | None
    by_name: dict[str, Inner]


Alias = NewType("Alias", str)


@dataclass(slots=True)
class Thing:
    thing_id: str
    text: str | None
    alias: Alias
    mode: Literal["a", "b"]
    number: int
    flag: bool | None
    day: date | None
    at: datetime
    rate: Decimal
    raw: bytes | None
    colour: Colour | None
    open: Money
    paid: Money | None
    outer: Outer | None
    tags: tuple[str, ...]
    version: int = 0
    events: list[object] = field(default_factory=list)


def table(*, without: str = "", **changed: Column[Any]) -> Table:
    columns: dict[str, Column[Any]] = {
        "thing_id": Column("thing_id", Uuid(as_uuid=False), primary_key=True),
        "text": Column("text", Text),
        "alias": Column("alias", Text, nullable=False),
        "mode": Column("mode", Text, nullable=False),
        "number": Column("number", BigInteger, nullable=False),
        "flag": Column("flag", Boolean),
        "day": Column("day", Date),
        "at": Column("at", DateTime(timezone=True), nullable=False),
        "rate": Column("rate", Numeric, nullable=False),
        "raw": Column("raw", LargeBinary),
        "colour": Column("colour", Text),
        "open_minor_units": Column("open_minor_units", BigInteger, nullable=False),
        "paid_minor_units": Column("paid_minor_units", BigInteger),
        "currency": Column("currency", Text, nullable=False),
        "outer": Column("outer", JSONB),
        "tags": Column("tags", JSONB, nullable=False),
        "version": Column("version", Integer, nullable=False),
    }
    columns.update(changed)
    return Table("things", MetaData(), *(column for name, column in columns.items() if name != without))


STORED = Stored(Thing, table(), key="thing_id")


def there_and_back(thing: Thing) -> Thing:
    """Through the parameter arrays and a row, as a database that loses nothing would."""
    row: Mapping[str, object] = {
        column.name: array[0] for column, array in zip(STORED._columns, STORED.arrays([thing]), strict=True)
    }
    return STORED.make(row)  # type: ignore[arg-type]  # a row is read by name, as a record is


inners = st.builds(
    Inner, st.dates(), st.decimals(allow_nan=False, allow_infinity=False), st.lists(st.sampled_from(Colour)).map(tuple)
)
moneys = st.builds(Money, st.integers(-(2**62), 2**62), st.just("EUR"))
things = st.builds(
    Thing,
    thing_id=st.uuids().map(str),
    text=st.none() | st.text(),
    alias=st.text().map(Alias),
    mode=st.sampled_from(["a", "b"]),
    number=st.integers(-(2**63), 2**63 - 1),
    flag=st.none() | st.booleans(),
    day=st.none() | st.dates(),
    at=st.datetimes(timezones=st.just(UTC)),
    rate=st.decimals(allow_nan=False, allow_infinity=False),
    raw=st.none() | st.binary(),
    colour=st.none() | st.sampled_from(Colour),
    open=moneys,
    paid=st.none() | moneys,
    outer=st.none() | st.builds(Outer, st.none() | inners, st.dictionaries(st.text(), inners, max_size=2)),
    tags=st.lists(st.text()).map(tuple),
    version=st.integers(0, 2**31 - 1),
    events=st.just([]),
)


@given(things)
def test_every_kind_of_field_survives(thing: Thing) -> None:
    assert there_and_back(thing) == thing


def test_one_row_holds_one_currency() -> None:
    @dataclass(slots=True)
    class Account:
        account_id: str
        currency: str
        held: Money
        version: int = 0

    accounts = Table(
        "accounts",
        MetaData(),
        Column("account_id", Text, primary_key=True),
        Column("currency", Text, nullable=False),
        Column("held_minor_units", BigInteger, nullable=False),
        Column("version", Integer, nullable=False),
    )
    stored = Stored(Account, accounts, key="account_id")
    assert stored.arrays([Account("a", "EUR", Money(5, "EUR"))])[-1] == ["EUR"]
    with pytest.raises(ValueError, match="one currency"):
        stored.arrays([Account("a", "USD", Money(5, "EUR"))])


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "an array column": (lambda: Stored(Thing, table(tags=Column("tags", ARRAY(Text))), key="thing_id"), "array column"),
    "a moment without zone": (lambda: Stored(Thing, table(at=Column("at", DateTime)), key="thing_id"), "timezone=True"),
    "a missing column": (lambda: Stored(Thing, table(without="day"), key="thing_id"), "no column 'day'"),
    "money without column": (lambda: Stored(Thing, table(without="paid_minor_units"), key="thing_id"), "paid_minor"),
    "money without currency": (
        lambda: Stored(Thing, table(without="currency"), key="thing_id"),
        "no column 'currency'",
    ),
    "a number in a text": (lambda: Stored(Thing, table(number=Column("number", Text)), key="thing_id"), "does not fit"),
    "a text in a number": (lambda: Stored(Thing, table(text=Column("text", Integer)), key="thing_id"), "does not fit"),
    "a day in a moment": (
        lambda: Stored(Thing, table(day=Column("day", DateTime(timezone=True))), key="thing_id"),
        "does not fit",
    ),
    "a float": (lambda: Stored(Thing, table(rate=Column("rate", Float)), key="thing_id"), "not a type"),
    "an enum as number": (lambda: Stored(Thing, table(colour=Column("colour", Integer)), key="thing_id"), "enum needs"),
    "a key that is no field": (lambda: Stored(Thing, table(), key="other_id"), "'other_id' is not a field"),
    "a group by no field": (
        lambda: Stored(Thing, table(), key="thing_id", groups={"g": Group("other")}),
        "not a field",
    ),
    "a column that nothing fills": (
        lambda: Stored(Thing, table(extra=Column("extra", Text, nullable=False)), key="thing_id"),
        "nothing fills",
    ),
    "no dataclass": (lambda: Stored(str, table(), key="thing_id"), "is a dataclass"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_fit_is_refused_when_it_is_declared(what: str) -> None:
    declare, said = REFUSED[what]
    with pytest.raises(MappingRefused, match=said):
        declare()


def test_an_entity_that_changes_needs_a_version() -> None:
    @dataclass(slots=True)
    class Line:
        line_id: str
        grade: Grade | None = None

    lines = Table("lines", MetaData(), Column("line_id", Text, primary_key=True), Column("grade", Text))
    with pytest.raises(MappingRefused, match="enum needs string values"):
        Stored(Line, lines, key="line_id")

    @dataclass(slots=True)
    class Plain:
        line_id: str

    plain = Table("plain", MetaData(), Column("line_id", Text, primary_key=True))
    with pytest.raises(MappingRefused, match="version"):
        Stored(Plain, plain, key="line_id")
    assert "for update" not in Stored(Plain, plain, key="line_id", append_only=True).load_sql
