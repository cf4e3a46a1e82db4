"""Why there is an inbox: with it a batch that comes twice has one effect, and without it the invariants say so."""

from __future__ import annotations

from typing import Final

import pytest

from tests.faults.conftest import Running, shape
from tests.faults.invariants import faults_of
from tests.faults.load import Load
from tests.faults.orders import ArmedSuite, Order
from tests.faults.reaper import Reaper

CUSTOMERS = 6
INVOICE_MINOR_UNITS = 60_00  # the plan's price; the sample sellers' sample rate for this address is zero
SECONDS_MAX = 900  # on a busy machine; half a minute on an idle one

# What invoicing tells of a payment reaches payments in a batch; its effects are committed, its offset is not.
CUT_OFF: Final = Order("payments-serve", "listener.before-ack", 1)


async def pay_while_the_batch_is_cut_off(suite: ArmedSuite, load: Load) -> None:
    """Invoices stand open; then payments dies with the first batch that tells of their payment."""
    await load.arrive(CUSTOMERS)
    await load.without_autopay()
    await load.subscribe()
    await load.billing.rest()
    await suite.arm(CUT_OFF.process, CUT_OFF)
    async with Reaper(suite, [CUT_OFF]) as reaper:
        await load.pay(INVOICE_MINOR_UNITS)
        await reaper.all_died()


@pytest.mark.slow("a suite of its own")
@pytest.mark.timeout(SECONDS_MAX)
async def test_a_batch_that_comes_twice_has_one_effect(running: Running) -> None:
    async with running(shape()) as (suite, load):
        await pay_while_the_batch_is_cut_off(suite, load)
        assert await faults_of(load) == []


@pytest.mark.slow("a suite of its own")
@pytest.mark.timeout(SECONDS_MAX)
async def test_without_the_inbox_it_has_two_and_the_invariants_say_so(running: Running) -> None:
    async with running(shape(inbox_enabled=False)) as (suite, load):
        await pay_while_the_batch_is_cut_off(suite, load)
        faults = await faults_of(load)
        assert [fault for fault in faults if "applied more than once" in fault], faults
