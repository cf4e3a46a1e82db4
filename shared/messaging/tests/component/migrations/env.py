"""Alembic environment of the toy."""

from saldo_messaging.migrate import run_env

from shared.messaging.tests.component.purse import metadata

run_env(metadata)
