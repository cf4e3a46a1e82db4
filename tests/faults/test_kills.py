"""kill -9 in the middle of the steps, under load: nothing is lost, nothing happens twice."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Final

import pytest

from tests.faults.conftest import Running, shape
from tests.faults.invariants import faults_of
from tests.faults.orders import Order
from tests.faults.reaper import Reaper, until_all_died

CUSTOMERS = 8
CUSTOMERS_UNDER_MANY_DEATHS = 20
PASSAGE = 2  # the first may be an idle one
ROUNDS_MAX = 12  # of load; more than any order needs
KILLS_SECONDS_MAX = 600  # on a busy machine; under a minute on an idle one
MATRIX_SECONDS_MAX = 1_800

# One death a service, each at another step; all in one story.
REPRESENTATIVE: Final = (
    Order("subscriptions-serve", "relay.before-delete", 1),  # sent, and it does not know: sends again
    Order("invoicing-serve", "runner.before-commit", 3),  # all of it undone, and redelivered
    Order("payments-serve", "loop.before-settle", CUSTOMERS + 3),  # the card was charged, the answer is lost
    Order("notifications-serve", "listener.before-ack", 3),  # the effects stand, and the batch comes again
)

RUNNER: Final = ("runner.before-flush", "runner.before-commit", "runner.after-commit")
RELAY: Final = ("relay.before-send", "relay.before-delete")
LISTENER: Final = ("listener.before-run", "listener.before-ack")
LOOP: Final = ("loop.before-claim", "loop.before-call", "loop.before-settle", "loop.after-settle")

# Every step that a process has; subscriptions and invoicing make no outside calls, notifications has no timers.
MATRIX: Final = {
    "subscriptions-worker": (*RELAY, *LISTENER, *RUNNER, "timers.before-run"),
    "invoicing-worker": (*RELAY, *LISTENER, *RUNNER),
    "invoicing-api": RUNNER,
    "payments-worker": (*RELAY, *LISTENER, *RUNNER, *LOOP),
    "payments-api": RUNNER,
    "notifications-worker": (*RELAY, *LISTENER, *RUNNER, *LOOP),
}


@pytest.mark.timeout(KILLS_SECONDS_MAX)
async def test_each_service_is_killed_once_under_load(running: Running) -> None:
    orders = {order.process: order for order in REPRESENTATIVE}
    async with running(shape(), orders) as (suite, load), AsyncExitStack() as watched:
        reapers = [await watched.enter_async_context(Reaper(suite, [order])) for order in REPRESENTATIVE]
        await load.arrive(CUSTOMERS)
        await load.subscribe()
        await load.pay()
        await until_all_died(reapers)
        assert await faults_of(load) == []


@pytest.mark.slow("one death at each step of each process, each under a load of its own")
@pytest.mark.timeout(MATRIX_SECONDS_MAX)
@pytest.mark.parametrize("process", MATRIX)
async def test_a_process_is_killed_at_each_of_its_steps(running: Running, process: str) -> None:
    orders = [Order(process, point, PASSAGE) for point in MATRIX[process]]
    async with running(shape(split=True), {process: orders[0]}) as (suite, load), Reaper(suite, orders) as reaper:
        for _ in range(ROUNDS_MAX):
            if reaper.done:
                break
            if reaper.waits_at.startswith("timers."):
                await load.a_month_passes()  # what is due then is all that timers do
                continue
            new = await load.arrive(CUSTOMERS_UNDER_MANY_DEATHS)
            await load.subscribe(new)
            await load.pay(customers=new)
        await reaper.all_died()
        assert await faults_of(load) == []
