"""What holds after any fault: the sentences of the house, and what this load alone can know."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg
from saldo_contracts import events as told
from saldo_local.invariants.evidence import Evidence, gather
from saldo_local.invariants.place import Place
from saldo_local.invariants.statements import hold
from saldo_local.invariants.streams import firsts
from saldo_local.suite import SERVICES
from saldo_messaging.inbox_check import inspect

from tests.contracts.house import NOWHERE, built
from tests.faults.leases import end_leases
from tests.faults.load import Load
from tests.faults.waiting import wait_for

REST_SECONDS_MAX = 240.0  # a payment in doubt is asked about again and again, each time under a lease
SETTLED: Final = ("paid", "credited")


async def at_rest(load: Load) -> Sequence[Mapping[str, Any]]:
    """Nothing under way, and nothing that waits for a lease of somebody dead."""
    reports: Sequence[Mapping[str, Any]] = []

    async def is_at_rest() -> bool:
        nonlocal reports
        reports = await load.billing.rest()
        return not await end_leases(load.billing.suite)

    await wait_for(is_at_rest, "something is still under a lease", seconds=REST_SECONDS_MAX)
    return reports


async def faults_of(load: Load) -> list[str]:
    """Every fault in words; an empty list is what every test here wants."""
    reports = await at_rest(load)
    evidence = await gather(Place.of_suite(load.billing.suite), reports, load.billing.witness.seen)
    return [
        *(fault for statement in hold(evidence) for fault in statement.faults),
        *await _everybody_applied(load),
        *await _nothing_accepted_is_lost(load),
        *_balances_add_up(load, evidence),
    ]


async def _everybody_applied(load: Load) -> list[str]:
    """Each service's own look at its inbox, as its command line gives it to an operator."""
    suite = load.billing.suite
    findings = await asyncio.gather(
        *(
            inspect(
                built(
                    service,
                    {
                        **NOWHERE,
                        "DATABASE_DSN": suite.databases[service].dsn,
                        "KAFKA_BOOTSTRAP": suite.stack.kafka_bootstrap,
                        "KAFKA_PROFILE": suite.stack.kafka.profile,
                    },
                )
            )
            for service in SERVICES
        )
    )
    assert not load.customers or all(found.messages for found in findings), (
        "a service that heard nothing proves nothing"
    )
    return [fault for found in findings for fault in found.faults]


async def _nothing_accepted_is_lost(load: Load) -> list[str]:
    payments = await rows(load, "payments", "select payment_id::text, status from payments")
    status = {row["payment_id"]: row["status"] for row in payments}
    faults = [
        f"payment {accepted.payment_id} was accepted and is {status.get(accepted.payment_id)}"
        for accepted in load.payments
        if status.get(accepted.payment_id) != "succeeded"
    ]
    invoices = await rows(
        load, "invoicing", "select number, status from invoices where not status = any($1::text[])", list(SETTLED)
    )
    return faults + [f"invoice {row['number']} is {row['status']} at the end" for row in invoices]


def _balances_add_up(load: Load, evidence: Evidence) -> Iterable[str]:
    """Here nothing is credited or refunded: what is owed is what was invoiced, less what was paid."""
    owed: Counter[str] = Counter()
    for one in firsts(evidence.told):
        if isinstance(one.event, told.InvoiceIssued):
            owed[one.event.account_id] += one.event.total.minor_units
        elif isinstance(one.event, told.PaymentSucceeded):
            owed[one.event.account_id] -= one.event.amount.minor_units
    for customer in load.customers:
        if evidence.owed.get(customer.account_id) != owed[customer.account_id]:
            yield (
                f"{customer.name} owes {evidence.owed.get(customer.account_id)}, "
                f"invoiced less paid is {owed[customer.account_id]}"
            )


async def rows(load: Load, service: str, query: str, *arguments: object) -> list[Any]:
    """What stands in a service's own database."""
    connection = await asyncpg.connect(load.billing.suite.databases[service].dsn)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()
