"""The apps of the two processes: the API with every resource, the worker with its health alone."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from saldo_messaging import Runtime
from saldo_messaging.clocks import MovableClock
from saldo_web import Authenticates, ReadinessCheck, SecuredRouter, create_app, sandbox_routes

from saldo_invoicing.application.read_books import Books
from saldo_invoicing.entrypoints.http.account_routes import account_routes
from saldo_invoicing.entrypoints.http.invariant_routes import invariant_routes
from saldo_invoicing.entrypoints.http.invoice_routes import invoice_routes
from saldo_invoicing.entrypoints.http.journal_routes import journal_routes

# A wish that the schema allows and a rule of the seller or the account does not.
PROBLEMS: Final = {
    "currency-not-sold": 422,
    "language-not-spoken": 422,
    "unknown-time-zone": 422,
    "too-many-recipients": 422,
    "recipient-twice": 422,
    "not-one-primary": 422,
}


def app(runtime: Runtime, books: Books, authenticator: Authenticates, *, version: str) -> FastAPI:
    """The API of this runtime."""
    commands = runtime.commands
    routers = [
        account_routes(commands, books),
        invoice_routes(books),
        journal_routes(books),
        invariant_routes(books),
        *_sandbox(runtime),
    ]
    return _created(runtime, authenticator, routers, version)


def worker_app(runtime: Runtime, authenticator: Authenticates, *, version: str) -> FastAPI:
    """Health, and in a sandbox the clock, of a worker."""
    return _created(runtime, authenticator, _sandbox(runtime), version)


def _created(runtime: Runtime, authenticator: Authenticates, routers: list[SecuredRouter], version: str) -> FastAPI:
    return create_app(
        service="invoicing",
        title="Saldo invoicing",
        version=version,
        description="What is owed: accounts, invoices, taxes, the receivables ledger, due dates and overdue.",
        problems=PROBLEMS,
        authenticator=authenticator,
        readiness=[ReadinessCheck(name, check) for name, check in runtime.readiness().items()],
        routers=routers,
    )


def _sandbox(runtime: Runtime) -> list[SecuredRouter]:
    clock = runtime.clock
    return [sandbox_routes(clock, runtime)] if isinstance(clock, MovableClock) else []
