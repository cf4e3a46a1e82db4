"""What holds after any crash: nothing lost, nothing charged twice, one mail a fact, books that add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg
from saldo_contracts import events as told
from saldo_contracts.event import Event
from saldo_local.suite import SERVICES
from saldo_messaging.tasks import message_cause_key
from saldo_testkit.observer import Seen

from tests.contracts.house import NOWHERE, built
from tests.faults.leases import end_leases
from tests.faults.load import Load

RESTS_MAX = 20  # a payment in doubt is asked about again and again, each time under a lease
BACKLOGS: Final = ("outbox", "lag", "claims", "timers_due", "dead_letters", "timers_parked")
MAILED: Final = (told.PaymentSucceeded, told.InvoiceIssued, told.PaymentMethodValidated)


async def at_rest(load: Load) -> Sequence[Mapping[str, Any]]:
    """Nothing under way, and nothing that waits for a lease of somebody dead."""
    for _ in range(RESTS_MAX):
        reports = await load.billing.rest()
        if not await end_leases(load.billing.suite):
            return reports
    raise AssertionError(f"something is still under a lease after {RESTS_MAX} ends of leases")


async def faults_of(load: Load) -> list[str]:
    """Every fault in words; an empty list is what every test here wants."""
    reports = await at_rest(load)
    seen = load.billing.witness.seen
    return [
        *_nothing_is_left(reports),
        *_a_repeat_is_the_same_event(seen),
        *await _every_event_was_heard(load, seen),
        *await _no_copy_was_touched_more_often_than_facts_told(load, seen),
        *await _nothing_accepted_is_lost(load),
        *await _nothing_is_charged_twice(load, seen),
        *await _one_mail_a_fact(load, seen),
        *await _books_add_up(load),
    ]


def _nothing_is_left(reports: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    for report in reports:
        for backlog in BACKLOGS:
            if report.get(backlog):
                yield f"{report.get('service')} {report.get('process')} has {report[backlog]} {backlog} at rest"


def _a_repeat_is_the_same_event(seen: Sequence[Seen]) -> Iterable[str]:
    """The relay may send twice; then it is the same id with the same content on the same partition."""
    by_id: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in seen:
        by_id[one.envelope.source, one.envelope.id].append(one)
    for (_, event_id), repeats in by_id.items():
        if any((one.event, one.partition) != (repeats[0].event, repeats[0].partition) for one in repeats):
            yield f"{event_id} stands for two different facts"
    facts = Counter((type(one[0].event).__name__, one[0].event.to_bytes()) for one in by_id.values())
    yield from (f"{name} was told {times} times under different ids" for (name, _), times in facts.items() if times > 1)


async def _every_event_was_heard(load: Load, seen: Sequence[Seen]) -> list[str]:
    """Each event that leads to a command has its row in the inbox of everybody who hears it."""
    faults = []
    for service in SERVICES:
        listens: Mapping[type[Event], Any] = built(service, NOWHERE).listens
        wanted = {
            message_cause_key(service, one.envelope.source, one.envelope.id): one
            for one in seen
            if type(one.event) in listens and listens[type(one.event)](one.event, one.envelope) is not None
        }
        rows = await _rows(
            load, service, "select cause_key::text from inbox where cause_key = any($1::uuid[])", list(wanted)
        )
        missing = wanted.keys() - {row["cause_key"] for row in rows}
        faults += [
            f"{service} never heard {type(wanted[key].event).__name__} {wanted[key].envelope.id}" for key in missing
        ]
    return faults


async def _no_copy_was_touched_more_often_than_facts_told(load: Load, seen: Sequence[Seen]) -> list[str]:
    """A version of an invoice's copy in payments is one fact applied: more versions than facts means one came twice."""
    listens = built("payments", NOWHERE).listens
    told_of: Counter[str] = Counter()
    for one in {one.envelope.id: one for one in seen if type(one.event) in listens}.values():
        told_of.update(_invoices_of(listens[type(one.event)](one.event, one.envelope)))
    rows = await _rows(load, "payments", "select invoice_id::text, version from invoices")
    return [
        f"the copy of invoice {row['invoice_id']} has {row['version']} versions of {told_of[row['invoice_id']]} facts: "
        "one was applied more than once"
        for row in rows
        if row["version"] > told_of[row["invoice_id"]]
    ]


def _invoices_of(command: object) -> set[str]:
    """The invoices that a command of payments touches."""
    whole = getattr(command, "invoice_id", None)
    return {str(part.invoice_id) for part in getattr(command, "parts", ())} | ({str(whole)} if whole else set())


async def _nothing_accepted_is_lost(load: Load) -> list[str]:
    faults = []
    for accepted in load.payments:
        payment = await accepted.customer.payment(accepted.payment_id)
        if payment["status"] != "succeeded":
            faults.append(f"payment {accepted.payment_id} was accepted and is {payment['status']}")
    for customer in load.customers:
        open_ones = [one["number"] for one in await customer.invoices() if one["status"] not in ("paid", "credited")]
        faults += [f"{customer.name}: invoice {number} is not paid at the end" for number in open_ones]
    return faults


async def _nothing_is_charged_twice(load: Load, seen: Sequence[Seen]) -> list[str]:
    """The processor's own ledger against what the services believe, charge by charge."""
    charged = Counter((one.payment_id, one.minor_units) for one in await load.billing.processor.charges())
    collected = _once(seen, told.PaymentSucceeded, lambda event: (event.payment_id, event.amount.minor_units))
    applied = _once(seen, told.PaymentApplied, lambda event: (event.payment_id, event.amount.minor_units))
    faults = [f"the processor took {one} {times} times" for one, times in charged.items() if times > 1]
    for name, believed in (("collected", collected), ("applied", applied)):
        faults += [f"taken and not {name}: {one}" for one in (charged - believed).elements()]
        faults += [f"{name} and not taken: {one}" for one in (believed - charged).elements()]
    return faults


async def _one_mail_a_fact(load: Load, seen: Sequence[Seen]) -> list[str]:
    """Twice only where the log says that a try was cut off before the mail server's answer."""
    arrived = Counter(mail.notice_id for mail in await load.billing.mail_box.mails())
    rows = await _rows(
        load, "notifications", "select notice_id::text, event_id::text, state, doubtful_attempts from notices"
    )
    faults = []
    for row in rows:
        mails, most = arrived[row["notice_id"]], 1 + row["doubtful_attempts"]
        if row["state"] != "sent" or not 1 <= mails <= most:
            faults.append(f"notice {row['notice_id']} is {row['state']} and was mailed {mails} times, {most} at most")
    composed = Counter(row["event_id"] for row in rows)
    for event_id, one in {one.envelope.id: one for one in seen if isinstance(one.event, MAILED)}.items():
        if composed[event_id] != 1:
            faults.append(
                f"{type(one.event).__name__} {one.event.subject} was told to {composed[event_id]} people, not one"
            )
    return faults


async def _books_add_up(load: Load) -> list[str]:
    answer = await load.billing.agent_call("GET", "invoicing", "/v1/invariants")
    faults = [f"invoicing: {one['statement']}: {one['violations']}" for one in answer["items"] if one["violations"]]
    for customer in load.customers:
        paid = sum(one.minor_units for one in load.payments if one.customer is customer)
        paid += sum(event.amount.minor_units for event in _autopaid(load, customer.account_id))
        invoiced = sum(int(one["total"]["minor_units"]) for one in await customer.invoices())
        owed = (await customer.owed()).minor_units
        standing = await customer.get("subscriptions", "service-state")
        if owed != invoiced - paid:
            faults.append(f"{customer.name} owes {owed}, invoiced {invoiced}, paid {paid}")
        if standing["balance"]["minor_units"] != owed:
            faults.append(f"subscriptions believes that {customer.name} owes {standing['balance']}, it is {owed}")
    return faults


def _autopaid(load: Load, account_id: str) -> Iterable[told.PaymentSucceeded]:
    by_hand = {one.payment_id for one in load.payments}
    found = {
        one.envelope.id: one.event
        for one in load.billing.witness.seen
        if isinstance(one.event, told.PaymentSucceeded) and one.event.account_id == account_id
    }
    return [event for event in found.values() if event.payment_id not in by_hand]


def _once(seen: Sequence[Seen], kind: type[Any], fact: Any) -> Counter[Any]:
    """Facts by event id: a second send of the relay is not a second fact."""
    return Counter({one.envelope.id: fact(one.event) for one in seen if isinstance(one.event, kind)}.values())


async def _rows(load: Load, service: str, query: str, *arguments: object) -> list[Any]:
    connection = await asyncpg.connect(load.billing.suite.databases[service].dsn)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()
