"""Alembic environment of the small service."""

from saldo_messaging.migrate import run_env

from benchmarks.ledger.tables import metadata

run_env(metadata)
