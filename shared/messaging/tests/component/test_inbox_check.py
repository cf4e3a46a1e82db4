"""What was told against what had its effect: a message that is missing, or came in the wrong order, is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from saldo_contracts.envelope import source_of
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.wire import Amount
from saldo_messaging import MessagingSettings
from saldo_messaging.inbox_check import inspect
from saldo_messaging.tasks import message_cause_key
from saldo_testkit.harness import Harness

from shared.messaging.tests.component.purse import SELLER, build
from shared.messaging.tests.until import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POISON = 13  # the purse's handler fails at it


@pytest.fixture(scope="module")
async def purse(purse_settings: MessagingSettings) -> AsyncIterator[Harness]:
    async with Harness(build(purse_settings), neighbours=("invoicing",)) as harness:
        await harness.runtime.clock.move_to(NOW)  # type: ignore[union-attr]  # the settings say movable
        yield harness


async def tell(purse: Harness, account_id: str, minor_units: int = 1, *, times: int = 1) -> str:
    """Its id, once it had its effect or is a dead letter; told more than once, as the relay may do, where asked."""
    amount = Amount(minor_units=minor_units, currency="EUR")
    event = BalanceCleared(account_id=account_id, seller_id=SELLER, ledger_version=1, balance=amount, cleared_at=NOW)
    event_id = (await purse.teller.tell(event, times=times)).id

    async def dealt_with() -> bool:
        return bool(
            await purse.runtime.database.pool.fetchval(
                "select exists (select 1 from inbox where cause_key = $1) "
                "or exists (select 1 from dead_letters where event_id = $2)",
                _key(event_id),
                event_id,
            )
        )

    await until(dealt_with, seconds=60)
    return event_id


def _key(event_id: str) -> str:
    return message_cause_key("subscriptions", source_of("invoicing"), event_id)


async def faults(purse: Harness) -> list[str]:
    return list((await inspect(purse.service)).faults)


async def test_what_was_applied_or_stands_among_the_dead_letters_is_no_fault(purse: Harness) -> None:
    account_id = str(uuid4())
    before = (await inspect(purse.service)).messages
    for minor_units in (1, 2, POISON, 3):
        await tell(purse, account_id, minor_units, times=2)
    found = await inspect(purse.service)
    assert (found.messages - before, list(found.faults)) == (4, [])


async def test_a_message_without_its_row_is_named(purse: Harness) -> None:
    lost = await tell(purse, str(uuid4()))
    await purse.runtime.database.pool.execute("delete from inbox where cause_key = $1", _key(lost))
    try:
        assert await faults(purse) == [f"subscriptions never applied {BalanceCleared.type_} {lost}"]
    finally:
        await purse.runtime.database.pool.execute(
            "insert into inbox (cause_key, recorded_at) values ($1, $2)", _key(lost), NOW
        )


async def test_a_message_applied_after_a_later_one_of_its_key_is_named(purse: Harness) -> None:
    account_id = str(uuid4())
    first, second = [await tell(purse, account_id) for _ in range(2)]
    await purse.runtime.database.pool.execute(
        "update inbox set recorded_at = recorded_at where cause_key = $1", _key(first)
    )
    assert await faults(purse) == [
        f"subscriptions applied {BalanceCleared.type_} {second} before {BalanceCleared.type_} {first}, "
        "which was told earlier"
    ]
