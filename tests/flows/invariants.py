"""What holds after every flow, whatever it did: the same sentences that are watched in production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from saldo_contracts import events as told
from saldo_testkit.observer import Seen

from tests.flows.billing import Billing

CONFIRMATION = "payment-succeeded"  # the template of the mail that confirms a payment


async def assert_invariants(billing: Billing) -> None:
    """Bring the system to rest and hold all of them; every fault is named in the failure."""
    reports = await billing.rest()
    faults = [
        *_nothing_is_left(reports),
        *_streams_are_sound(billing.witness.seen),
        *(f"a dead letter stands in {topic}" for topic in billing.witness.dead_letter_topics),
        *await _books_are_right(billing),
        *await _money_agrees(billing),
        *await _service_agrees_with_debt(billing),
    ]
    assert not faults, "\n".join(faults)


def _nothing_is_left(reports: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    for report in reports:
        for backlog in ("outbox", "lag", "claims", "timers_due", "dead_letters", "timers_parked"):
            if report.get(backlog):
                yield f"{report.get('service')} {report.get('process')} has {report[backlog]} {backlog} at rest"


def _streams_are_sound(seen: Sequence[Seen]) -> Iterable[str]:
    """Every event stands once on its topic, and a subject's sequence never falls along its partition."""
    twice = [key for key, times in Counter((one.topic, one.envelope.id) for one in seen).items() if times > 1]
    yield from (f"event {event_id} stands more than once on {topic}" for topic, event_id in twice)
    newest: dict[tuple[str, str, str], int] = {}
    for one in sorted(seen, key=lambda one: (one.topic, one.partition, one.offset)):
        subject = (one.topic, one.envelope.partition_key, one.envelope.subject)
        if one.envelope.sequence < newest.get(subject, 0):
            yield f"{type(one.event).__name__} of {one.envelope.subject} came after a later version on {one.topic}"
        newest[subject] = one.envelope.sequence


async def _books_are_right(billing: Billing) -> Iterable[str]:
    answer = await billing.agent_call("GET", "invoicing", "/v1/invariants")
    assert answer["items"], "invoicing watches no invariants"
    return [f"invoicing: {one['statement']}: {one['violations']}" for one in answer["items"] if one["violations"]]


async def _money_agrees(billing: Billing) -> Iterable[str]:
    """The processor's charges are the applied payments, amount by amount, and each was confirmed by one mail."""
    charged = Counter((one.payment_id, one.minor_units, one.currency) for one in await billing.processor.charges())
    applied = Counter(
        (event.payment_id, event.amount.minor_units, event.amount.currency)
        for event in billing.witness.of(told.PaymentApplied)
    )
    faults = [f"the processor took {one}, which was not applied" for one in (charged - applied).elements()]
    faults += [f"{one} was applied, which the processor never took" for one in (applied - charged).elements()]
    succeeded = [one for one in billing.witness.seen if isinstance(one.event, told.PaymentSucceeded)]
    confirmed = {one.event_id: one.notice_id for one in billing.witness.of(told.NotificationSent) if _confirms(one)}
    arrived = Counter(mail.notice_id for mail in await billing.mail_box.mails())
    for one in succeeded:
        mails = arrived[confirmed.get(one.envelope.id, "")]
        if mails != 1:
            faults.append(f"payment {one.event.subject} was confirmed by {mails} mails")
    return faults + [f"notice {notice} was mailed {times} times" for notice, times in arrived.items() if times > 1]


def _confirms(sent: told.NotificationSent) -> bool:
    return sent.template == CONFIRMATION


async def _service_agrees_with_debt(billing: Billing) -> Iterable[str]:
    """Nobody is suspended without debt, and subscriptions decides by the balance that invoicing proves."""
    faults = []
    for customer in billing.customers:
        standing = await customer.get("subscriptions", "service-state")
        owed = await customer.owed()
        if standing["state"] == "suspended" and not owed.is_positive:
            faults.append(f"{customer.name} is suspended and owes {owed}")
        if standing["balance"]["minor_units"] != owed.minor_units:
            faults.append(f"subscriptions believes that {customer.name} owes {standing['balance']}, it is {owed}")
    return faults
