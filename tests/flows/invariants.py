"""What holds after every flow, whatever it did: the same sentences that are watched in production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from saldo_contracts import events as told
from saldo_local.invariants.books import the_ledger_is_zero
from saldo_local.invariants.evidence import gather
from saldo_local.invariants.money import money_in_is_money_applied
from saldo_local.invariants.place import Place
from saldo_local.invariants.statements import nothing_is_left
from saldo_local.invariants.streams import versions_never_fall
from saldo_testkit.observer import Seen

from tests.flows.billing import Billing

CONFIRMATION = "payment-succeeded"  # the template of the mail that confirms a payment


async def assert_invariants(billing: Billing) -> None:
    """Bring the system to rest and hold all of them; every fault is named in the failure."""
    seen = billing.witness.seen
    evidence = await gather(Place.of_suite(billing.suite), await billing.rest(), seen)
    faults = [
        *nothing_is_left(evidence.reports),
        *_nothing_was_told_twice(seen),
        *versions_never_fall(seen),
        *(f"a dead letter stands in {topic}" for topic in billing.witness.dead_letter_topics),
        *the_ledger_is_zero(evidence.ledger),
        *money_in_is_money_applied(evidence.charges, seen),
        *await _every_payment_is_confirmed(billing),
        *await _service_agrees_with_debt(billing),
    ]
    assert not faults, "\n".join(faults)


def _nothing_was_told_twice(seen: Sequence[Seen]) -> Iterable[str]:
    """Where nobody dies the relay sends each event once."""
    twice = [key for key, times in Counter((one.topic, one.envelope.id) for one in seen).items() if times > 1]
    return [f"event {event_id} stands more than once on {topic}" for topic, event_id in twice]


async def _every_payment_is_confirmed(billing: Billing) -> Iterable[str]:
    """By one mail, and no notice is mailed twice."""
    succeeded = [one for one in billing.witness.seen if isinstance(one.event, told.PaymentSucceeded)]
    confirmed = {one.event_id: one.notice_id for one in billing.witness.of(told.NotificationSent) if _confirms(one)}
    arrived = Counter(mail.notice_id for mail in await billing.mail_box.mails())
    faults = []
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
