"""A message, a request, a timer and a loop, through the real database and the real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ServiceReactivated
from saldo_contracts.wire import Amount
from saldo_messaging import MessagingSettings
from saldo_testkit.harness import Harness
from saldo_work import Cause, Refused, RequestKey, system_actor

from shared.messaging.tests.component.purse import SELLER, Fill, build

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
async def purse(purse_settings: MessagingSettings) -> AsyncIterator[Harness]:
    async with Harness(build(purse_settings), neighbours=("invoicing",)) as harness:
        await harness.runtime.clock.move_to(NOW)  # type: ignore[union-attr]  # the settings say movable
        yield harness


def cleared(account_id: str, minor_units: int) -> BalanceCleared:
    return BalanceCleared(
        account_id=account_id,
        seller_id=SELLER,
        ledger_version=1,
        balance=Amount(minor_units=minor_units, currency="EUR"),
        cleared_at=NOW,
    )


async def held(harness: Harness, account_id: str) -> Any:
    return await harness.runtime.database.pool.fetchval(
        "select held_minor_units from purses where account_id = $1::text::uuid", account_id
    )


async def test_a_message_is_applied_once_and_its_event_goes_out(purse: Harness) -> None:
    account = str(uuid4())
    told = await purse.teller.tell(cleared(account, 7), times=3)
    event = await purse.observer.one(ServiceReactivated, where=lambda e: e.account_id == account)
    await purse.settled()
    assert await held(purse, account) == 7
    assert len(purse.observer.of(ServiceReactivated, where=lambda e: e.account_id == account)) == 1
    seen = next(seen for seen in purse.observer.seen if seen.event == event)
    assert seen.envelope.causation_id == told.id
    assert seen.envelope.sequence == 1
    assert seen.envelope.time == NOW


async def test_an_accounts_messages_are_applied_in_order(purse: Harness) -> None:
    account = str(uuid4())
    ids = [(await purse.teller.tell(cleared(account, 1))).id for _ in range(30)]
    await purse.observer.expect(ServiceReactivated, where=lambda e: e.account_id == account, count=30)
    notes = await purse.runtime.database.pool.fetchval(
        "select notes::text from purses where account_id = $1::text::uuid", account
    )
    assert notes == str(ids).replace("'", '"')


async def test_a_poisoned_message_parks_its_key_and_nobody_elses(purse: Harness) -> None:
    poisoned, healthy = str(uuid4()), str(uuid4())
    await purse.teller.tell(cleared(poisoned, 13))
    await purse.teller.tell(cleared(poisoned, 2))
    await purse.teller.tell(cleared(healthy, 3))
    await purse.observer.one(ServiceReactivated, where=lambda e: e.account_id == healthy)
    letters = await purse.observer.dead_letters(2)
    await purse.settled()
    assert {dict(letter.headers)["saldo_deadletter_kind"] for letter in letters} == {b"failed", b"behind"}
    assert await held(purse, poisoned) is None


async def test_a_request_is_answered_once_and_its_repeat_gets_the_first_answer(purse: Harness) -> None:
    account = str(uuid4())
    cause, key = Cause("c", system_actor("test")), RequestKey("agent:x", "POST /fill", str(uuid4()))
    first = await purse.runtime.commands.run(Fill(account, 4), cause, request_key=key)
    again = await purse.runtime.commands.run(Fill(account, 4), cause, request_key=key)
    assert (first.body, first.repeated, again.body, again.repeated) == (again.body, False, first.body, True)
    with pytest.raises(Refused, match="never emptied") as refused:
        await purse.runtime.commands.run(Fill(account, -4), cause)
    assert (refused.value.code, refused.value.facts) == ("negative-fill", {"minor_units": -4})


async def test_many_requests_share_few_transactions(purse: Harness) -> None:
    pool = purse.runtime.database.pool
    account = str(uuid4())
    cause = Cause("c", system_actor("test"))
    before = await pool.fetchval("select pg_current_xact_id()::text::bigint")
    await asyncio.gather(*(purse.runtime.commands.run(Fill(account, 1), cause) for _ in range(200)))
    after = await pool.fetchval("select pg_current_xact_id()::text::bigint")
    assert await held(purse, account) == 200
    assert after - before < 50


async def test_a_timer_runs_when_business_time_reaches_it(purse: Harness) -> None:
    account = str(uuid4())
    await purse.runtime.commands.run(Fill(account, 1, "wake me"), Cause("c", system_actor("test")))
    await purse.settled()
    assert await held(purse, account) == 1
    await purse.runtime.clock.move_to(NOW.replace(day=3))  # type: ignore[union-attr]  # the settings say movable
    await purse.settled()
    assert await held(purse, account) == 6
    event = [s for s in purse.observer.seen if s.event.account_id == account][-1]
    assert event.envelope.time == NOW.replace(day=2)
