"""How an entity and its table meet: the set-wise load, insert, update and delete, generated once from both."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Generic, TypeVar

import asyncpg
from pydantic import TypeAdapter
from saldo_money import Currency, Money
from sqlalchemy import ARRAY, Column, ColumnElement, Table, Uuid
from sqlalchemy import types as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import asyncpg as postgresql

Entity = TypeVar("Entity")

POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped
EVENTS_FIELD = "events"  # the domain events an entity gathered; never a column


class MappingRefused(TypeError):
    """An entity and its table do not fit; said at import of the service, never at run time."""


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """A set of an entity's rows by one column and an optional condition.

    The condition is given twice: `where` for the load, `holds` for entities that the unit of work itself changed.
    """

    column: str
    where: ColumnElement[bool] | None = None
    holds: Callable[[typing.Any], bool] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class _Column:
    """One column of the generated SQL: how it is cast, read from an entity, and put into a parameter array."""

    name: str
    array: str  # the type of the parameter array
    cast: str  # what the array's members are cast to, empty when nothing
    read: Callable[[object], object]


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    """One field of the entity: the columns it is made from and how."""

    name: str
    make: Callable[[asyncpg.Record], object]


def _quoted(name: str) -> str:
    return f'"{name}"'


def _column_types(column: Column[typing.Any]) -> tuple[str, str]:
    """(type of the parameter array, cast) of a column; arrays are refused, since `unnest` flattens them."""
    kind = column.type
    if isinstance(kind, ARRAY):
        raise MappingRefused(f"{column}: an array column cannot be written set-wise; use JSONB")
    if isinstance(kind, Uuid):
        return "text", "::uuid"
    if isinstance(kind, JSONB):
        return "text", "::jsonb"
    table: Sequence[tuple[type, str]] = (
        (sa.BigInteger, "bigint"),
        (sa.SmallInteger, "smallint"),
        (sa.Integer, "integer"),
        (sa.Boolean, "boolean"),
        (sa.DateTime, "timestamptz"),
        (sa.Date, "date"),
        (sa.Numeric, "numeric"),
        (sa.LargeBinary, "bytea"),
        (sa.String, "text"),
    )
    for base, name in table:
        if isinstance(kind, base):
            if isinstance(kind, sa.DateTime) and not kind.timezone:
                raise MappingRefused(f"{column}: a point in time needs DateTime(timezone=True)")
            return name, ""
    raise MappingRefused(f"{column}: {kind!r} is not a type that an entity can hold")


def _without_none(hint: object) -> tuple[object, bool]:
    """(the hint without None, whether None was in it)."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        optional = len(members) < len(typing.get_args(hint))
        return (members[0] if len(members) == 1 else hint), optional
    return hint, False


_FITTING: Sequence[tuple[type, tuple[type, ...]]] = (
    (bool, (sa.Boolean,)),  # before int, whose subclass it is
    (int, (sa.Integer,)),
    (str, (sa.String, Uuid)),
    (datetime, (sa.DateTime,)),  # before date, as above
    (date, (sa.Date,)),
    (Decimal, (sa.Numeric,)),
    (bytes, (sa.LargeBinary,)),
)


def _require_fit(field: str, hint: object, column: Column[typing.Any]) -> None:
    """Refuse what the database would refuse at the first write; JSONB takes whatever pydantic takes."""
    if isinstance(column.type, JSONB):
        return
    if isinstance(hint, type) and issubclass(hint, Enum):
        if not isinstance(column.type, sa.String) or not all(isinstance(member.value, str) for member in hint):
            raise MappingRefused(f"{field}: an enum needs string values and a Text column")
        return
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    if typing.get_origin(hint) is typing.Literal:
        hint = type(typing.get_args(hint)[0])
    if isinstance(hint, type):
        for base, kinds in _FITTING:
            if issubclass(hint, base):
                if isinstance(column.type, kinds) and not isinstance(column.type, sa.Float):
                    return
                break
    raise MappingRefused(f"{field}: {hint} does not fit the column type {column.type!r}")


def _reader(name: str, transform: Callable[[typing.Any], object] | None) -> Callable[[object], object]:
    get = attrgetter(name)
    if transform is None:
        return get

    def read(entity: object) -> object:
        value = get(entity)
        return None if value is None else transform(value)

    return read


def _maker(name: str, transform: Callable[[typing.Any], object] | None) -> Callable[[asyncpg.Record], object]:
    if transform is None:
        return lambda row: row[name]

    def make(row: asyncpg.Record) -> object:
        value = row[name]
        return None if value is None else transform(value)

    return make


def _json_writer(adapter: TypeAdapter[typing.Any]) -> Callable[[typing.Any], object]:
    return lambda value: adapter.dump_json(value).decode()


def _maker_of_money(name: str) -> Callable[[asyncpg.Record], object]:
    column = f"{name}_minor_units"

    def make(row: asyncpg.Record) -> object:
        minor_units = row[column]
        return None if minor_units is None else Money(minor_units, row["currency"])

    return make


def _currency_of_moneys(names: Sequence[str]) -> Callable[[object], object]:
    gets = [attrgetter(name) for name in names]

    def read(entity: object) -> object:
        codes = {_code(value) for get in gets if (value := get(entity)) is not None}
        if len(codes) > 1:
            raise ValueError(f"{type(entity).__name__}: one row holds one currency, not {sorted(codes)}")
        return codes.pop() if codes else None

    return read


def _code(value: Money | Currency | str) -> str:
    currency = value.currency if isinstance(value, Money) else value
    return currency.code if isinstance(currency, Currency) else currency


class Stored(Generic[Entity]):
    """One class of entities in one table, as a unit of work declares it."""

    def __init__(
        self,
        kind: type[Entity],
        table: Table,
        *,
        key: str,
        append_only: bool = False,
        groups: Mapping[str, Group] | None = None,
    ) -> None:
        self.kind = kind
        self.table = table
        self.key = key
        self.append_only = append_only
        self.groups = dict(groups or {})
        self.key_of: Callable[[object], str] = attrgetter(key)
        self._columns, self._fields = self._map()
        self._gathers_events = EVENTS_FIELD in typing.get_type_hints(kind)
        self._check()
        self._write_sql()

    # -- the mapping ---------------------------------------------------------------------------------------------

    def _map(self) -> tuple[list[_Column], list[_Field]]:
        hints = typing.get_type_hints(self.kind)
        columns: list[_Column] = []
        fields: list[_Field] = []
        moneys: list[str] = []
        if not dataclasses.is_dataclass(self.kind):
            raise MappingRefused(f"{self.kind.__name__}: an entity is a dataclass")
        for field in dataclasses.fields(self.kind):
            if field.name == EVENTS_FIELD:
                continue
            hint, _ = _without_none(hints[field.name])
            if hint is Money:
                moneys.append(field.name)
                columns.append(self._money_column(field.name))
                fields.append(_Field(field.name, _maker_of_money(field.name)))
            else:
                column, made = self._plain(field.name, hint, hints[field.name])
                columns.append(column)
                fields.append(made)
        if moneys:
            own = next((column for column in columns if column.name == "currency"), None)
            read = _currency_of_moneys(moneys if own is None else ["currency", *moneys])
            columns = [column for column in columns if column is not own]
            columns.append(_Column("currency", "text", "", read))
        return columns, fields

    def _require(self, name: str) -> Column[typing.Any]:
        if name not in self.table.c:
            raise MappingRefused(f"{self.kind.__name__}.{name}: table {self.table.name} has no column {name!r}")
        return self.table.c[name]

    def _money_column(self, name: str) -> _Column:
        column = f"{name}_minor_units"
        self._require(column)
        self._require("currency")
        get = attrgetter(name)

        def read(entity: object) -> object:
            money = get(entity)
            return None if money is None else money.minor_units

        return _Column(column, "bigint", "", read)

    def _plain(self, name: str, hint: object, whole: object) -> tuple[_Column, _Field]:
        column = self._require(name)
        array, cast = _column_types(column)
        _require_fit(f"{self.kind.__name__}.{name}", hint, column)
        write: Callable[[typing.Any], object] | None = None
        make: Callable[[typing.Any], object] | None = None
        if isinstance(column.type, JSONB):
            adapter: TypeAdapter[typing.Any] = TypeAdapter(hint)  # type: ignore[arg-type]  # a hint is a type form
            write, make = _json_writer(adapter), adapter.validate_json
        elif isinstance(hint, type) and issubclass(hint, Enum):
            write, make = (lambda value: value.value), hint
        return _Column(name, array, cast, _reader(name, write)), _Field(name, _maker(name, make))

    def _check(self) -> None:
        names = {field.name for field in self._fields}
        if self.key not in names:
            raise MappingRefused(f"{self.kind.__name__}: the key {self.key!r} is not a field")
        if not self.append_only and "version" not in names:
            raise MappingRefused(f"{self.kind.__name__}: an entity that changes needs `version: int`")
        written = {column.name for column in self._columns}
        for column in self.table.c:
            if column.name not in written and not column.nullable and column.server_default is None:
                raise MappingRefused(f"{self.kind.__name__}: nothing fills the column {column}")
        for name, group in self.groups.items():
            if group.column not in names:
                raise MappingRefused(
                    f"{self.kind.__name__}: group {name!r} is by {group.column!r}, which is not a field"
                )

    # -- the SQL -------------------------------------------------------------------------------------------------

    # Every name in this SQL comes from our own table definitions, and every value is a parameter.
    # ruff: noqa: S608

    def _write_sql(self) -> None:
        table = _quoted(self.table.name)
        key = _quoted(self.key)
        names = [_quoted(column.name) for column in self._columns]
        selected = ", ".join(
            f"{name}::text as {name}" if column.cast else name
            for name, column in zip(names, self._columns, strict=True)
        )
        arrays = ", ".join(f"${i}::{column.array}[]" for i, column in enumerate(self._columns, start=1))
        source = f"unnest({arrays}) as u({', '.join(names)})"
        values = [f"u.{name}{column.cast}" for name, column in zip(names, self._columns, strict=True)]
        lock = "" if self.append_only else " for update"
        key_cast = self._cast_of(self.key)
        self._select = f"select {selected} from {table}"
        self._lock = lock
        self.load_sql = f"{self._select} where {key} = any($1::text[]{key_cast}) order by {table}.{key}{lock}"
        self.insert_sql = f"insert into {table} ({', '.join(names)}) select {', '.join(values)} from {source}"
        changes = ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True) if name != key)
        self.update_sql = (
            f"update {table} as t set {changes} from {source} where t.{key} = u.{key}{key_cast.removesuffix('[]')}"
        )
        self.delete_sql = f"delete from {table} where {key} = any($1::text[]{key_cast})"
        self.group_sql = {name: self._group_sql(group) for name, group in self.groups.items()}

    def _cast_of(self, name: str) -> str:
        """The cast of an array of this column's values given as text."""
        column = next(column for column in self._columns if column.name == name)
        return f"{column.cast}[]" if column.cast else ("" if column.array == "text" else f"::{column.array}[]")

    def _group_sql(self, group: Group) -> str:
        condition = ""
        if group.where is not None:
            compiled = group.where.compile(dialect=POSTGRESQL, compile_kwargs={"literal_binds": True})
            condition = f" and ({compiled})"
        column = _quoted(group.column)
        return (
            f"{self._select} where {column} = any($1::text[]{self._cast_of(group.column)}){condition} "
            f"order by {_quoted(self.table.name)}.{_quoted(self.key)}{self._lock}"
        )

    # -- rows and entities ---------------------------------------------------------------------------------------

    def make(self, row: asyncpg.Record) -> Entity:
        """The entity of a loaded row."""
        return self.kind(**{field.name: field.make(row) for field in self._fields})

    def copy(self, entity: Entity) -> Entity:
        """A copy of its own, with no events gathered yet; what the fields hold is immutable and shared."""
        made: Entity = object.__new__(self.kind)
        for field in self._fields:
            object.__setattr__(made, field.name, getattr(entity, field.name))
        if self._gathers_events:
            object.__setattr__(made, EVENTS_FIELD, [])
        return made

    def arrays(self, entities: Sequence[object]) -> list[list[object]]:
        """The parameter arrays of an insert or update, one a column."""
        return [[column.read(entity) for entity in entities] for column in self._columns]
