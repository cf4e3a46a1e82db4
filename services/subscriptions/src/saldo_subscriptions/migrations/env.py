"""Alembic environment of subscriptions."""

from saldo_messaging.migrate import run_env

from saldo_subscriptions.adapters.tables import metadata

run_env(metadata)
