"""What is not a death at one step: servers away, connections cut, workers that come, go and freeze. All under load."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Final

import pytest
from saldo_contracts.events import PaymentApplied
from saldo_local.addresses import Part
from saldo_local.suite import SERVICES

from tests.faults.conftest import World
from tests.faults.invariants import faults_of
from tests.faults.load import Load
from tests.faults.orders import Order
from tests.faults.stories import fetch, put_mail_faults
from tests.faults.waiting import wait_for, wait_until

FEW = 2
SIDE_BY_SIDE = 4
SECONDS_MAX = 1_200  # on a busy machine
CHANGES = 6  # of one account while nobody relays; even: autopay is on again at the end
WORKERS: Final = tuple(f"{service}-worker" for service in SERVICES)

END_CONNECTIONS_SQL: Final = (
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
    "and usename = current_user and pid <> pg_backend_pid()"
)
AGE_OUTBOX_SQL: Final = "update outbox set recorded_at = recorded_at - interval '10 minutes' returning id"

# Its transaction is open, its locks are held, it leads the relay, and the group waits for its heartbeat.
FROZEN: Final = Order("invoicing-worker", "runner.before-commit", 2, action="stop")

pytestmark = [pytest.mark.slow("servers and workers go and come back"), pytest.mark.timeout(SECONDS_MAX)]


async def test_what_waited_ten_minutes_for_its_relay_goes_out_in_order(standing: World) -> None:
    suite, load = standing
    customers = await load.arrive(SIDE_BY_SIDE)
    await load.billing.rest()
    await suite.ended(WORKERS)
    for change in range(CHANGES):
        await asyncio.gather(*(customer.autopay(enabled=change % 2 == 1) for customer in customers))
    waiting = await fetch(load, "payments", AGE_OUTBOX_SQL)
    assert len(waiting) >= CHANGES * len(customers)
    await asyncio.gather(*(suite.restart(name) for name in WORKERS))
    await load.subscribe(customers)
    assert await faults_of(load) == []


async def test_all_connections_of_a_service_are_ended_again_and_again(standing: World) -> None:
    _, load = standing
    async with load.going_on(FEW):
        for service in (*SERVICES, *SERVICES):
            assert await fetch(load, service, END_CONNECTIONS_SQL), f"{service} had no connection"
            await load.round(1)
    assert await faults_of(load) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["in good order", "killed"])
async def test_postgresql_is_restarted(standing: World, how: signal.Signals) -> None:
    suite, load = standing
    server = suite.server(Part.POSTGRES)
    async with load.going_on(FEW):
        await load.round(1)
        await server.end(how)
        await server.start()
        await load.round(1)
    assert await faults_of(load) == []


async def test_a_second_worker_of_each_service_joins_and_leaves(standing: World) -> None:
    suite, load = standing
    async with load.going_on(FEW):
        names = await asyncio.gather(*(suite.join(service) for service in SERVICES))
        await load.round(FEW)
        goings = zip(names, (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM), strict=True)
        for name, how in goings:
            await suite.leave(name, how)
            await load.round(1)
    assert await faults_of(load) == []


async def test_a_frozen_worker_is_replaced_and_does_no_harm_when_it_wakes(standing: World) -> None:
    suite, load = standing
    await suite.arm(FROZEN)
    frozen = suite.processes[FROZEN.process].popen
    assert frozen is not None
    await load.round(SIDE_BY_SIDE)
    await wait_until(FROZEN.proof(suite.folder).exists, "it never froze")
    replica = await suite.join("invoicing")
    await load.round(FEW)
    await wait_for(lambda: all_applied(load), "nobody took the frozen worker's place")
    os.kill(frozen.pid, signal.SIGCONT)
    await load.round(FEW)
    assert await faults_of(load) == []
    await suite.leave(replica)


async def all_applied(load: Load) -> bool:
    """Invoicing applied every payment and its relay told so, whoever did it."""
    await load.billing.witness.caught_up()
    applied = {event.payment_id for event in load.billing.witness.of(PaymentApplied)}
    return all(accepted.payment_id in applied for accepted in load.payments)


async def test_the_card_processor_is_restarted(standing: World) -> None:
    suite, load = standing
    server = suite.server(Part.PROCESSOR)
    known = await load.arrive(FEW)
    async with load.going_on(FEW):
        for how in (signal.SIGTERM, signal.SIGKILL):
            await server.end(how)
            await load.pay(customers=known)  # accepted all the same; a new card is not, before it was checked
            await server.start()
            await load.round(1)
    assert await faults_of(load) == []


async def test_the_mail_server_is_slow_refuses_hangs_up_and_is_killed(standing: World) -> None:
    suite, load = standing
    server = suite.server(Part.MAIL)
    async with load.going_on(FEW):
        for faults in (
            {"slow_ms": 500},
            {"refuse_next": 5},
            {"drop_next": 3},
            {"drop_next": 3, "drop_keeps": True},
            {"greylist": True},
            {},
        ):
            await put_mail_faults(load, faults)
            await load.round(1)
        for how in (signal.SIGTERM, signal.SIGKILL):
            await server.end(how)
            await load.round(1)
            await server.start()
    assert await faults_of(load) == []


async def test_everything_but_the_broker_is_shut_down_and_started_again(standing: World) -> None:
    """The embedded broker keeps nothing over a restart; what a lasting one does is tested on Apache Kafka."""
    suite, load = standing
    servers = [suite.server(part) for part in (Part.PROCESSOR, Part.MAIL, Part.POSTGRES)]
    async with load.going_on(FEW):
        await load.round(1)
        await suite.ended([*suite.processes])
        for server in servers:
            await server.end()
        for server in servers:
            await server.start()
        await asyncio.gather(*(suite.restart(name) for name in suite.processes))
        await load.round(1)
    assert await faults_of(load) == []
