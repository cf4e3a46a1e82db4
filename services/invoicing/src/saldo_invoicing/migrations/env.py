"""Alembic environment of invoicing's own tables."""

from saldo_messaging.migrate import run_env

from saldo_invoicing.adapters.tables import metadata

run_env(metadata)
