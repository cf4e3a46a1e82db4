"""The migrated database is the one that the tables describe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from saldo_messaging.database import sqlalchemy_url
from saldo_messaging.migrate import migrate_async
from saldo_payments.adapters.tables import metadata
from sqlalchemy import CheckConstraint, Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine


async def test_the_migrations_make_the_tables(make_database: Callable[[str], Awaitable[str]]) -> None:
    dsn = await make_database("payments")
    for _ in range(2):
        await migrate_async(dsn, "saldo_payments.migrations")
    engine = create_async_engine(sqlalchemy_url(dsn))
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        assert await connection.run_sync(_rules) == {
            table.name: {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}
            for table in metadata.sorted_tables
        }
    await engine.dispose()


def _differences(connection: Connection) -> list[object]:
    """Messaging's tables are another branch's."""
    ours = set(metadata.tables)
    context = MigrationContext.configure(
        connection,
        opts={"include_name": lambda name, kind, parents: kind != "table" or name in ours, "compare_type": True},
    )
    return list(compare_metadata(context, metadata))


def _rules(connection: Connection) -> dict[str, set[str]]:
    found = inspect(connection)
    return {
        table.name: {str(rule["name"]) for rule in found.get_check_constraints(table.name)}
        for table in metadata.sorted_tables
    }
