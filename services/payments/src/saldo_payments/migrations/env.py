"""Runs the steps on the connection that `migrate` opened."""

from saldo_messaging.migrate import run_env

from saldo_payments.adapters import tables

run_env(tables.metadata)
