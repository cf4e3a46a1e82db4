"""Alembic environment of messaging's own tables."""

from saldo_messaging.migrate import run_env
from saldo_messaging.tables import metadata

run_env(metadata)
