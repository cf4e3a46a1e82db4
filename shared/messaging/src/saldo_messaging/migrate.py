"""Brings a service's database to the version its code needs: messaging's tables first, then the service's own."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from saldo_messaging.database import sqlalchemy_url

MESSAGING_MIGRATIONS = "saldo_messaging.migrations"
MESSAGING_VERSION_TABLE = "alembic_version_messaging"
SERVICE_VERSION_TABLE = "alembic_version"
MIGRATION_LOCK = 0x5A1D0001  # one migrate at a time per database; replicas may start together


def migrate(dsn: str, migrations: str) -> None:
    """Run every pending revision; a second run finds nothing to do. Blocks while another migrate runs."""
    asyncio.run(migrate_async(dsn, migrations))


async def migrate_async(dsn: str, migrations: str) -> None:
    """As `migrate`, inside a running loop."""
    engine = create_async_engine(sqlalchemy_url(dsn), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
            await connection.commit()
            await connection.run_sync(_upgrade, MESSAGING_MIGRATIONS, MESSAGING_VERSION_TABLE)
            await connection.run_sync(_upgrade, migrations, SERVICE_VERSION_TABLE)
            await connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
            await connection.commit()
    finally:
        await engine.dispose()


def _config(migrations: str, version_table: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(str(import_module(migrations).__file__)).parent))
    config.attributes["version_table"] = version_table
    return config


def _upgrade(connection: Connection, migrations: str, version_table: str) -> None:
    config = _config(migrations, version_table)
    config.attributes["connection"] = connection
    command.upgrade(config, "heads")
    connection.commit()


def run_env(metadata: MetaData) -> None:
    """The body of every `env.py`: run the revisions on the connection that `migrate` gave."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=context.config.attributes["version_table"],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
