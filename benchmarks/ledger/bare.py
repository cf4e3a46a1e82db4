"""The same work with the same SQL and none of our code: `python -m benchmarks.ledger.bare DSN BOOTSTRAP`.

A batch of messages is one transaction of set-wise statements and an outbox; a second task sends and deletes its rows.
No envelope is checked, no contract validated, nothing is traced, a bad message ends the process: it is the floor that
the house's own code is held against.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from saldo_contracts.derived_ids import derived_id
from saldo_contracts.topics import public_topic

from benchmarks.ground import READY_LINE
from benchmarks.ledger.domain import LINE_NAMESPACE
from benchmarks.topic import Record, bare_producer, send_batches

BATCH_RECORDS_MAX = 500
BATCH_ROWS_MAX = 2_000
TIMEOUT_MS = 20
POLL_SECONDS = 0.005
GROUP = "invoicing"
TOLD_ON = public_topic("invoicing").name

CLAIM_SQL = (
    "insert into inbox (cause_key, recorded_at) select u.cause_key::uuid, clock_timestamp() "
    "from unnest($1::text[]) as u(cause_key) order by 1 on conflict do nothing returning cause_key::text"
)
LOAD_SQL = (
    "select account_id::text, balance_minor_units, version from ledger_accounts "
    "where account_id = any($1::text[]::uuid[]) order by account_id for update"
)
UPDATE_SQL = (
    "update ledger_accounts as t set balance_minor_units = u.balance, version = u.version "
    "from unnest($1::text[], $2::bigint[], $3::bigint[]) as u(account_id, balance, version) "
    "where t.account_id = u.account_id::uuid"
)
INSERT_SQL = (
    "insert into ledger_lines (line_id, account_id, payment_id, side, amount_minor_units, currency) "
    "select u.line_id::uuid, u.account_id::uuid, u.payment_id::uuid, u.side, u.amount, 'EUR' "
    "from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) "
    "as u(line_id, account_id, payment_id, side, amount)"
)
OUTBOX_SQL = (
    "insert into outbox (event_id, topic, key, type, headers, payload, occurred_at) "
    "select u.event_id::uuid, $2, u.key, u.type, u.headers, u.payload, clock_timestamp() "
    "from unnest($1::text[], $3::text[], $4::text[], $5::text[], $6::bytea[]) "
    "as u(event_id, key, type, headers, payload)"
)
FETCH_SQL = "select id, key, headers, payload from outbox order by id limit $1"
DELETE_SQL = "delete from outbox where id = any($1::bigint[])"


async def handle(connection: asyncpg.Connection, records: list[Any]) -> None:
    """One transaction for the batch."""
    bodies = [(dict(record.headers)["ce_id"].decode(), json.loads(record.value)) for record in records]
    async with connection.transaction():
        claimed = {row[0] for row in await connection.fetch(CLAIM_SQL, sorted(cause for cause, _ in bodies))}
        wanted = sorted({body["account_id"] for _, body in bodies})
        rows = await connection.fetch(LOAD_SQL, wanted)
        accounts = {row["account_id"]: [row["balance_minor_units"], row["version"]] for row in rows}
        lines: list[tuple[str, str, str, str, int]] = []
        events: list[tuple[str, str, str, str, bytes]] = []
        for cause, body in bodies:
            if cause in claimed:
                _enter(body, accounts, lines, events)
        ids = list(accounts)
        await connection.execute(UPDATE_SQL, ids, [accounts[one][0] for one in ids], [accounts[one][1] for one in ids])
        await connection.execute(INSERT_SQL, *zip(*lines, strict=True))
        event_ids, *rest = zip(*events, strict=True)
        await connection.execute(OUTBOX_SQL, event_ids, TOLD_ON, *rest)


def _enter(body: Any, accounts: Any, lines: list[Any], events: list[Any]) -> None:
    account_id, payment_id, amount = body["account_id"], body["payment_id"], body["amount"]["minor_units"]
    account = accounts[account_id]
    account[0] -= amount
    account[1] += 1
    lines += (
        (derived_id(LINE_NAMESPACE.bytes, f"{payment_id}|{side}"), account_id, payment_id, side, amount)
        for side in ("debit", "credit")
    )
    for type_, facts in (
        ("billing.payment.applied.v1", {"payment_id": payment_id, "amount": body["amount"]}),
        ("billing.balance.changed.v1", {"balance": account[0], "version": account[1]}),
    ):
        told = {"account_id": account_id, "seller_id": body["seller_id"], **facts}
        fact = f"{payment_id}|{type_}"
        event_id = derived_id(LINE_NAMESPACE.bytes, fact)
        events.append((event_id, account_id, type_, json.dumps({"ce_id": event_id}), json.dumps(told).encode()))


async def listen(dsn: str, bootstrap: str) -> None:
    """Consume, handle, commit the offsets."""
    connection = await asyncpg.connect(dsn)
    consumer = AIOKafkaConsumer(
        public_topic("payments").name,
        bootstrap_servers=bootstrap,
        group_id=GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=3_000,
        heartbeat_interval_ms=1_000,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    while not consumer.assignment():
        await asyncio.sleep(POLL_SECONDS)
    print(READY_LINE, flush=True)
    while True:
        found = await consumer.getmany(timeout_ms=TIMEOUT_MS, max_records=BATCH_RECORDS_MAX)
        if records := [record for lane in found.values() for record in lane]:
            await handle(connection, records)
            await consumer.commit()


async def relay(dsn: str, bootstrap: str) -> None:
    """Send what stands in the outbox, then delete it."""
    connection = await asyncpg.connect(dsn)
    async with bare_producer(bootstrap) as producer:
        while True:
            rows = await connection.fetch(FETCH_SQL, BATCH_ROWS_MAX)
            if not rows:
                await asyncio.sleep(POLL_SECONDS)
                continue
            records = [
                Record(
                    row["key"].encode(),
                    [(name, text.encode()) for name, text in json.loads(row["headers"]).items()],
                    row["payload"],
                )
                for row in rows
            ]
            await send_batches(producer, TOLD_ON, records)
            await connection.execute(DELETE_SQL, [row["id"] for row in rows])


async def main(dsn: str, bootstrap: str) -> None:
    """Both until told to end."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.create_task(listen(dsn, bootstrap)), asyncio.create_task(relay(dsn, bootstrap))]
    stopped = asyncio.create_task(stop.wait())
    done, pending = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done - {stopped}:
        task.result()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
