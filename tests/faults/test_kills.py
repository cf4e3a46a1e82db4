"""kill -9 in the middle of the steps, under load: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Final

import pytest

from tests.faults.conftest import Running, World, shape
from tests.faults.invariants import faults_of
from tests.faults.matrix import WALKS, Walk
from tests.faults.orders import Order
from tests.faults.reaper import Reaper, until_all_died
from tests.faults.stories import STORIES, let_handlers_fail, retry

CUSTOMERS = 8
ROUNDS_MAX = 12  # of a story; more than any order needs
KILLS_SECONDS_MAX = 600  # on a busy machine; under a minute on an idle one
MATRIX_SECONDS_MAX = 1_800
RETRIED: Final = "an operator retries what failed"

# One death a service, each at another step; all in one story.
REPRESENTATIVE: Final = (
    Order("subscriptions-serve", "relay.before-delete", 1),  # sent, and it does not know: sends again
    Order("invoicing-serve", "runner.before-commit", 3),  # all of it undone, and redelivered
    Order("payments-serve", "loop.before-settle", CUSTOMERS + 3),  # the card was charged, the answer is lost
    Order("notifications-serve", "listener.before-ack", 3),  # the effects stand, and the batch comes again
)


@pytest.mark.timeout(KILLS_SECONDS_MAX)
async def test_each_service_is_killed_once_under_load(running: Running) -> None:
    orders = {order.process: order for order in REPRESENTATIVE}
    async with running(shape(), orders) as (suite, load), AsyncExitStack() as watched:
        reapers = [await watched.enter_async_context(Reaper(suite, [order], armed=True)) for order in REPRESENTATIVE]
        await load.arrive(CUSTOMERS)
        await load.subscribe()
        await load.pay()
        await until_all_died(reapers)
        assert await faults_of(load) == []


@pytest.mark.slow("one death at each step of each process")
@pytest.mark.timeout(MATRIX_SECONDS_MAX)
@pytest.mark.parametrize("story", [story for story in WALKS if story != RETRIED])
async def test_processes_are_killed_at_each_of_their_steps(standing: World, story: str) -> None:
    suite, load = standing
    async with AsyncExitStack() as watched:
        reapers = await asyncio.gather(
            *(watched.enter_async_context(Reaper(suite, walk.orders)) for walk in WALKS[story])
        )
        for _ in range(ROUNDS_MAX):
            await STORIES[story.partition(":")[0]](load)
            if all(reaper.done for reaper in reapers):
                break
        await until_all_died(reapers)
    assert await faults_of(load) == []


@pytest.mark.slow("one death at each step of each process")
@pytest.mark.timeout(MATRIX_SECONDS_MAX)
async def test_a_retry_of_dead_letters_is_killed_and_given_again(standing: World) -> None:
    suite, load = standing
    await let_handlers_fail(suite, load)

    async def killed_and_given_again(walk: Walk) -> None:
        for order in walk.orders:
            code = await retry(suite, order.service, order.environment(suite.folder))
            assert code == -signal.SIGKILL and order.proof(suite.folder).exists(), f"{order} was never reached"
        assert await retry(suite, walk.orders[0].service) == 0

    await asyncio.gather(*(killed_and_given_again(walk) for walk in WALKS[RETRIED]))
    assert await faults_of(load) == []
