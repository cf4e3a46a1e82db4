"""Prepares the small service's database and topics, with accounts in bulk; and counts what a run left there."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg
from saldo_local.databases import ServiceDatabase
from saldo_messaging.migrate import migrate_async
from saldo_messaging.topics import apply_topics

from benchmarks.ground import Ground, require_logged
from benchmarks.ledger.service import NAME
from benchmarks.world import ACCOUNT_IDS, CURRENCY, PAYMENT_MINOR_UNITS, SELLER

ACCOUNTS_SQL = (
    "insert into ledger_accounts (account_id, seller_id, balance_minor_units, currency, version) "
    "select u.account_id::uuid, $2, 0, $3, 1 from unnest($1::text[]) as u(account_id)"
)
EFFECTS_SQL = (
    "select (select count(*) from ledger_lines) as lines, "
    "(select count(*) from (select from ledger_lines group by payment_id "
    "having count(*) <> 2 or sum(case side when 'debit' then 1 else -1 end * amount_minor_units) <> 0)) as crooked, "
    "(select coalesce(-sum(balance_minor_units), 0) from ledger_accounts) as paid, "
    "(select count(*) from outbox) as outbox"
)


@dataclass(frozen=True, slots=True)
class Effects:
    """What stands in the database: journal lines, payments whose two lines do not balance, money, unsent events."""

    lines: int
    crooked: int
    paid: int
    outbox: int

    def faults(self, payments: int) -> list[str]:
        """Every way in which this is not exactly so many payments, in words."""
        wanted = {
            "journal lines": (self.lines, 2 * payments),
            "payments whose lines do not balance": (self.crooked, 0),
            "minor units paid": (self.paid, payments * PAYMENT_MINOR_UNITS),
            "events not sent": (self.outbox, 0),
        }
        return [f"{found} {what} instead of {right}" for what, (found, right) in wanted.items() if found != right]


async def prepare(ground: Ground) -> ServiceDatabase:
    """Tables, topics and accounts."""
    database = await ground.database(NAME)
    await migrate_async(database.dsn, "benchmarks.ledger.migrations")
    for owner in (NAME, "payments"):
        await apply_topics(ground.stack.kafka_bootstrap, owner, replication_factor=1)
    connection = await asyncpg.connect(database.dsn)
    try:
        await connection.execute(ACCOUNTS_SQL, list(ACCOUNT_IDS), SELLER, CURRENCY)
        await connection.execute("analyze ledger_accounts")
    finally:
        await connection.close()
    await require_logged(database)
    return database


async def effects(connection: asyncpg.Connection) -> Effects:
    """Counted once the run is over."""
    row = await connection.fetchrow(EFFECTS_SQL)
    return Effects(*(int(value) for value in (row or {}).values()))
