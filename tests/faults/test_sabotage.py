"""The proof that these tests bite: a service that breaks one promise of messaging is caught, and the fault is named."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from saldo_local.standing_suite import STATE, write_down
from saldo_local.suite import Suite

from tests.faults.conftest import World, shape, world_of
from tests.faults.invariants import faults_of
from tests.faults.orders import Order
from tests.faults.reaper import Reaper
from tests.faults.waiting import wait_until

CUSTOMERS = 6
INVOICE_MINOR_UNITS = 60_00  # the plan's price; the sample sellers' sample rate for this address is zero
SECONDS_MAX = 900  # on a busy machine
COMMAND_SECONDS_MAX = 400.0  # five interpreters

# What invoicing tells of a payment reaches payments in a batch; its effects are committed, its offset is not.
CUT_OFF: Final = Order("payments-serve", "listener.before-ack", 1)
SENTENCES: Final = (
    "a fact has one id",
    "no fact was applied twice",
    "money taken is money collected is money applied",
    "the ledger is zero",
    "mails are facts",
    "everybody applied what it hears",
)
SUCCEEDED: Final = "billing.payment.succeeded.v1"

pytestmark = [pytest.mark.slow("a suite of its own"), pytest.mark.timeout(SECONDS_MAX)]


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One process a service. What one sabotage broke stays broken: the next looks at what came on top."""
    async with world_of(shape(), {}, tmp_path_factory.mktemp("orders")) as started:
        yield started


async def pay_invoices_under(world: World, order: Order) -> set[str]:
    """Invoices stand open; then a process dies by the order while they are paid. The faults that came of it."""
    suite, load = world
    before = set(await faults_of(load))
    customers = await load.arrive(CUSTOMERS)
    await load.without_autopay(customers)
    await load.subscribe(customers)
    await load.billing.rest()
    async with Reaper(suite, [order], heals=False) as reaper:
        await load.pay(INVOICE_MINOR_UNITS, customers)
        await reaper.all_died()
    faults = set(await faults_of(load)) - before
    await suite.spoil(order.process, None)
    return faults


async def asked_by_an_operator(suite: Suite, folder: Path) -> tuple[int | None, str]:
    """`python -m saldo_local invariants`, as `make invariants` runs it: exit code and output."""
    (folder / STATE.parent).mkdir()
    with contextlib.chdir(folder):
        write_down(suite)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "saldo_local", "invariants"), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS_MAX)
    return process.returncode, said.decode()


async def test_a_batch_that_comes_twice_has_one_effect(world: World, tmp_path: Path) -> None:
    assert await pay_invoices_under(world, CUT_OFF) == set()
    code, said = await asked_by_an_operator(world[0], tmp_path)
    assert code == 0 and "BROKEN" not in said and said.count("holds") >= len(SENTENCES), said


async def test_without_the_inbox_a_batch_that_comes_twice_has_two(world: World) -> None:
    spoilt = Order(CUT_OFF.process, CUT_OFF.point, CUT_OFF.passage, sabotage="forget-the-inbox")
    faults = await pay_invoices_under(world, spoilt)
    assert [fault for fault in faults if "applied more than once" in fault], faults


async def test_a_batch_acknowledged_before_its_commit_is_lost(world: World) -> None:
    spoilt = Order("invoicing-serve", "listener.before-run", 1, sabotage="acknowledge-first")
    faults = await pay_invoices_under(world, spoilt)
    assert [fault for fault in faults if fault.startswith("invoicing never applied")], faults
    assert [fault for fault in faults if fault.startswith("taken and not applied")], faults


async def test_an_event_published_beside_the_commit_is_lost(world: World, tmp_path: Path) -> None:
    suite, load = world
    before, proof = set(await faults_of(load)), suite.folder / "published-beside"
    customers = await load.arrive(CUSTOMERS)
    await suite.spoil("payments-serve", f"publish-beside:{SUCCEEDED}:{proof}")
    await load.pay(customers=customers)
    await wait_until(lambda: suite.died("payments-serve"), "no payment succeeded")
    await suite.revive("payments-serve", None)
    faults = set(await faults_of(load)) - before
    assert [fault for fault in faults if fault.startswith("taken and not collected")], faults
    code, said = await asked_by_an_operator(suite, tmp_path)
    assert code == 1 and all(sentence in said for sentence in (*SENTENCES, "taken and not collected")), said
