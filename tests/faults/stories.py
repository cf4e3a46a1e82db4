"""What people do while processes die: one round of each story brings the process to its points."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import asyncpg
import httpx2
from saldo_local.suite import SERVICES

from tests.faults.armed_suite import ArmedSuite
from tests.faults.leases import end_leases
from tests.faults.load import Load
from tests.faults.matrix import OF_A_MESSAGE
from tests.faults.orders import UNARMED
from tests.faults.waiting import wait_for
from tests.flows.processor import EMPTY_CARD

CUSTOMERS = 6
FEW = 2
DAY_SECONDS = 24 * 60 * 60
COMMAND_SECONDS_MAX = 120.0

# The processor does what it is asked and cuts the line; its own news of it is held back for a year of its clock.
CHARGES_WITHOUT_A_WORD: Final = {"kind": "no_answer_after_charging", "path": "/v1/payment_intents", "next": -1}
TELLS_LATE: Final = {
    "kind": "webhook_delayed",
    "event_type": "payment_intent.",
    "next": -1,
    "seconds": 365 * DAY_SECONDS,
}
REFUSED_FOR_GOOD = 550

Story = Callable[[Load], Awaitable[None]]


async def orders_and_payments(load: Load) -> None:
    """New customers with cards, subscriptions that are collected, payments by hand."""
    await load.round(CUSTOMERS)


async def charges_without_a_word(load: Load) -> None:
    """Every charge ends in doubt and must be asked about."""
    await load.billing.processor.trouble(CHARGES_WITHOUT_A_WORD, TELLS_LATE)
    new = await load.arrive(FEW)
    await load.pay(customers=new)
    await load.billing.processor.trouble()
    await end_leases(load.billing.suite)


async def old_answers(load: Load) -> None:
    """Answers to requests grow older than they are kept; every worker looks when it starts."""
    await load.round(FEW)
    for service in SERVICES:
        await _execute(
            load,
            service,
            "update inbox set recorded_at = recorded_at - interval '8 days' where command_hash is not null",
        )


async def time_passes(load: Load) -> None:
    """A declined card is tried again, an invoice falls due unpaid, a month ends; then everybody pays what is owed."""
    late = await load.arrive(FEW, card=EMPTY_CARD)
    await load.subscribe(late)
    await load.billing.clock.forward(hours=2)
    await load.billing.clock.forward(days=9)
    for customer in late:
        owed = (await customer.owed()).minor_units
        await load.pay(owed, [customer])
    await load.without_autopay(late)


async def mails_refused(load: Load) -> None:
    """The mail server refuses some addresses for good, and an agent has them tried again."""
    await put_mail_faults(load, {"refuse_next": FEW, "refuse_code": REFUSED_FOR_GOOD})
    await load.round(FEW)
    failed = "select account_id::text, notice_id::text from notices where state = 'failed'"

    async def some_failed() -> bool:
        return len(await fetch(load, "notifications", failed)) >= FEW

    await wait_for(some_failed, "no mail was refused")
    for row in await fetch(load, "notifications", failed):
        await load.send_after_all(row["account_id"], row["notice_id"])


STORIES: Final[Mapping[str, Story]] = {
    "orders and payments": orders_and_payments,
    "mails that were refused are sent after all": mails_refused,
    "the processor charges without a word": charges_without_a_word,
    "contacts come late": orders_and_payments,
    "copies come late": orders_and_payments,
    "old answers are forgotten": old_answers,
    "time passes": time_passes,
}


# -- an operator's own -----------------------------------------------------------------------------------------------


async def let_handlers_fail(suite: ArmedSuite, load: Load) -> None:
    """Every service gets dead letters of its own; afterwards all are healthy again, and the letters stand."""
    await asyncio.gather(
        *(suite.spoil(f"{service}-worker", f"fail-at:{command}") for service, command in OF_A_MESSAGE.items())
    )
    await load.round(FEW)

    async def all_have_some() -> bool:
        counts = [await fetch(load, service, DEAD_LETTERS_SQL) for service in SERVICES]
        return all(rows[0]["letters"] for rows in counts)

    await wait_for(all_have_some, "a handler that must fail did not")
    await asyncio.gather(*(suite.spoil(f"{service}-worker", None) for service in SERVICES))


DEAD_LETTERS_SQL: Final = "select count(*) as letters from dead_letters where status = 'open' and kind <> 'waiting'"


async def retry(suite: ArmedSuite, service: str, environment: Mapping[str, str] = UNARMED) -> int:
    """`python -m saldo_<service> dead-letters retry`; its exit code."""
    own = {**suite.processes[f"{service}-worker"].environment, **environment}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"saldo_{service}", "dead-letters", "retry"),
        env=own,
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await asyncio.wait_for(process.wait(), COMMAND_SECONDS_MAX)


# -- what stories ask ------------------------------------------------------------------------------------------------


async def put_mail_faults(load: Load, faults: Mapping[str, object]) -> None:
    """What the mail sink does wrong from now on; an empty mapping ends it."""
    async with httpx2.AsyncClient(timeout=30.0) as client:
        answer = await client.put(f"{load.billing.suite.stack.mail_api_url}/faults", json=dict(faults))
    assert answer.status_code == httpx2.codes.OK, answer.text


async def fetch(load: Load, service: str, query: str, *arguments: object) -> Sequence[Any]:
    """What stands in a service's own database."""
    connection = await asyncpg.connect(load.billing.suite.databases[service].dsn)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


async def _execute(load: Load, service: str, statement: str) -> None:
    await fetch(load, service, statement)
