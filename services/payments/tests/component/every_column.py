"""Looks for a text in every column of every table of a database."""

from __future__ import annotations

from saldo_messaging import Database

COLUMNS_SQL = (
    "select table_name, column_name from information_schema.columns "
    "where table_schema = 'public' order by table_name, ordinal_position"
)


async def places_of(text: str, database: Database) -> list[str]:
    """`table.column` of each that holds it anywhere; bytes are shown as hexadecimal digits."""
    found = []
    for row in await database.pool.fetch(COLUMNS_SQL):
        table, column = row["table_name"], row["column_name"]
        hit = await database.pool.fetchval(
            f'select true from "{table}" where position($1 in "{column}"::text) > 0 '
            f'or position($2 in "{column}"::text) > 0 limit 1',
            text,
            text.encode().hex(),
        )
        if hit:
            found.append(f"{table}.{column}")
    return found
