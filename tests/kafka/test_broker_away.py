"""One service whose broker goes away and comes back: the relay waits with what it has, the listener finds its place."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ServiceReactivated
from saldo_contracts.wire import Amount
from saldo_local.addresses import Part
from saldo_local.kafka_choice import APACHE
from saldo_local.stack import Stack
from saldo_messaging import MessagingSettings
from saldo_testkit.harness import Harness
from saldo_work import Cause, system_actor

from shared.messaging.tests.component.purse import SELLER, Fill, build
from shared.messaging.tests.until import until

pytestmark = pytest.mark.timeout(400)  # the broker starts three times
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WAIT_SECONDS_MAX = 120.0
Make = Callable[[str], Awaitable[str]]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack({Part.KAFKA}, kafka=APACHE) as stack:
        yield stack


@pytest.fixture(scope="module")
async def purse(make_database: Make, stack: Stack) -> AsyncIterator[Harness]:
    settings = MessagingSettings(
        await make_database("subscriptions"), stack.kafka_bootstrap, kafka_profile="apache", clock="movable"
    )
    async with Harness(build(settings), neighbours=("invoicing",)) as harness:
        await harness.runtime.clock.move_to(NOW)  # type: ignore[union-attr]  # the settings say movable
        yield harness


def cleared(account_id: str) -> BalanceCleared:
    amount = Amount(minor_units=1, currency="EUR")
    return BalanceCleared(account_id=account_id, seller_id=SELLER, ledger_version=1, balance=amount, cleared_at=NOW)


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
async def test_events_wait_for_a_broker_that_is_away_and_go_out_in_order(
    purse: Harness, stack: Stack, way: signal.Signals
) -> None:
    account = str(uuid4())
    pool = purse.runtime.database.pool

    async def notes() -> list[str]:
        found: list[str] = json.loads(
            await pool.fetchval("select notes::text from purses where account_id = $1::text::uuid", account) or "[]"
        )
        return found

    heard = [(await purse.teller.tell(cleared(account))).id for _ in range(3)]
    await until(lambda: _is(notes, heard), seconds=WAIT_SECONDS_MAX)
    await asyncio.to_thread(stack.end_child, "kafka-1", way)
    for number in range(5):
        note = f"while it was away {number}"
        await purse.runtime.commands.run(Fill(account, 1, note), Cause(f"{account}/{number}", system_actor("test")))
        heard.append(note)
    assert await pool.fetchval("select count(*) from outbox") >= 5
    await asyncio.to_thread(stack.start_child, "kafka-1")
    heard += [(await purse.teller.tell(cleared(account))).id for _ in range(3)]
    await until(lambda: _is(notes, heard), seconds=WAIT_SECONDS_MAX)
    told = await purse.observer.expect(
        ServiceReactivated, where=lambda e: e.account_id == account, count=len(heard), seconds=WAIT_SECONDS_MAX
    )
    await until(lambda: _is_empty(purse), seconds=WAIT_SECONDS_MAX)
    seen = [one.envelope for one in purse.observer.seen if one.event.account_id == account and one.event in told]
    assert list(dict.fromkeys(one.sequence for one in seen if one.source.endswith("subscriptions"))) == [
        *range(1, len(heard) + 1)
    ]


async def _is(found: Callable[[], Awaitable[list[str]]], wanted: list[str]) -> bool:
    return await found() == wanted


async def _is_empty(purse: Harness) -> bool:
    return not await purse.runtime.database.pool.fetchval("select count(*) from outbox")
