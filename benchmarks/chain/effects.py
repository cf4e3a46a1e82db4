"""What a run of the chain must leave behind in four databases, and when all of it is there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncpg
from saldo_invoicing.adapters.sql_invariants import INVARIANTS

from benchmarks.void import require

# Cheap while it runs: each reads what is not done yet, by an index or from a table that is small then.
UNDER_WAY_SQL = {
    "payments": "select (select count(*) from payments where status <> 'succeeded' or not applied) "
    "+ (select count(*) from outbox)",
    "invoicing": "select count(*) from outbox",
    "subscriptions": "select count(*) from outbox",
    "notifications": "select (select count(*) from notices "
    "where state in ('queued', 'claimed', 'waiting_for_contact')) "
    "+ (select count(*) from outbox)",
}
COUNT_SQL = {
    "payments": "select count(*) as payments, count(*) filter (where status = 'succeeded' and applied) as succeeded, "
    "coalesce(sum(amount_minor_units), 0)::bigint as paid from payments",
    "invoicing": "select (select count(*) from journal_entries where kind = 'payment') as entries, "
    "(select count(*) from receipts) as receipts, "
    "(select coalesce(sum(amount_minor_units), 0)::bigint from receipts) as applied, "
    "(select coalesce(sum(ledger_version), 0)::bigint from accounts) as ledger_versions",
    "subscriptions": "select coalesce(sum(ledger_version), 0)::bigint as ledger_versions, count(*) as standings "
    "from standings",
    "notifications": "select count(*) filter (where state = 'sent' and template = 'payment-succeeded') "
    "as receipts_sent, count(*) filter (where state = 'sent') as sent, count(*) as notices, "
    "(select count(*) from contacts) as contacts from notices",
}
LETTERS_SQL = "select count(*) from dead_letters where status = 'open'"


@dataclass(slots=True)
class Databases:
    """A connection to each service's database."""

    connections: Mapping[str, asyncpg.Connection]

    async def under_way(self) -> int:
        """Rows that still wait for something, in all databases."""
        services = UNDER_WAY_SQL.keys() & self.connections.keys()
        counts = await asyncio.gather(*(self.connections[one].fetchval(UNDER_WAY_SQL[one]) for one in services))
        return sum(counts)

    async def settled(self, wanted: Mapping[str, int]) -> bool:
        """Whether these counts are reached, nothing waits anywhere, and subscriptions knows the newest balances."""
        if await self.under_way():
            return False
        found = await self.counts()
        caught_up = found["subscriptions.ledger_versions"] == found["invoicing.ledger_versions"]
        return caught_up and all(found[name] >= value for name, value in wanted.items())

    async def counts(self) -> dict[str, int]:
        """Everything counted, by `service.what`."""
        found: dict[str, int] = {}
        for service, sql in COUNT_SQL.items():
            row = await self.connections[service].fetchrow(sql)
            found |= {f"{service}.{name}": int(value) for name, value in (row or {}).items()}
        return found

    async def require_sound(self) -> None:
        """No dead letter anywhere, and every invariant of the books holds: debits are credits, balances are sums."""
        for service, connection in self.connections.items():
            letters = await connection.fetchval(LETTERS_SQL)
            require(letters == 0, f"{service} has {letters} dead letters")
        for name, (statement, sql) in INVARIANTS.items():
            broken = await self.connections["invoicing"].fetchval(sql)
            require(broken == 0, f"the books are wrong, {name}: {broken} times not '{statement}'")


@contextlib.asynccontextmanager
async def opened(dsns: Mapping[str, str]) -> AsyncIterator[Databases]:
    """Connections that end with the block."""
    connections = {service: await asyncpg.connect(dsn) for service, dsn in dsns.items()}
    try:
        yield Databases(connections)
    finally:
        for connection in connections.values():
            await connection.close()


def require_payments(before: Mapping[str, int], after: Mapping[str, int], payments: int, minor_units: int) -> None:
    """Payments = journal entries = mails, and the money of one is the money of all. Raises Void."""
    grown = {name: after[name] - before[name] for name in after}
    wanted = {
        "payments.payments": payments,
        "payments.succeeded": payments,
        "payments.paid": payments * minor_units,
        "invoicing.entries": payments,
        "invoicing.receipts": payments,
        "invoicing.applied": payments * minor_units,
        "notifications.receipts_sent": payments,
        "notifications.notices": payments,
    }
    faults = [
        f"{name} grew by {grown[name]} instead of {right}" for name, right in wanted.items() if grown[name] != right
    ]
    require(not faults, "; ".join(faults))
