"""What holds of the public topics: one id is one fact, an account has one partition, and versions never fall."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from saldo_contracts import events as facts

from saldo_local.invariants.told import Told

# Facts that happen once to their subject; others may come again with the same words (autopay off, on, and off).
ONCE: Final = (
    facts.AccountOpened,
    facts.ChargesFinalized,
    facts.InvoiceIssued,
    facts.PaymentSucceeded,
    facts.PaymentApplied,
    facts.NotificationSent,
)


def firsts(told: Iterable[Told]) -> list[Told]:
    """The first copy of each event: the relay may send twice, and a second send is not a second fact."""
    found: dict[tuple[str, str], Told] = {}
    for one in sorted(told, key=lambda one: (one.topic, one.partition, one.offset)):
        found.setdefault((one.envelope.source, one.envelope.id), one)
    return list(found.values())


def a_repeat_is_the_same_event(told: Sequence[Told]) -> Iterable[str]:
    """The same id has the same content on the same partition, and what happens once to a thing is told under one id."""
    by_id: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in told:
        by_id[one.envelope.source, one.envelope.id].append(one)
    for (_, event_id), repeats in by_id.items():
        if any((one.event, one.partition) != (repeats[0].event, repeats[0].partition) for one in repeats):
            yield f"{event_id} stands for two different facts"
    once = Counter(
        (type(one[0].event).__name__, one[0].event.subject) for one in by_id.values() if isinstance(one[0].event, ONCE)
    )
    for (name, subject), times in once.items():
        if times > 1:
            yield f"{name} {subject} was told {times} times under different ids"


def versions_never_fall(told: Sequence[Told]) -> Iterable[str]:
    """Along a partition the versions of a subject grow; repeats aside."""
    newest: dict[tuple[str, str, str], int] = {}
    partitions: dict[tuple[str, str], int] = {}
    for one in firsts(told):
        envelope = one.envelope
        subject = (one.topic, envelope.partition_key, envelope.subject)
        if envelope.sequence < newest.get(subject, 0):
            yield f"{type(one.event).__name__} of {envelope.subject} came after a later version on {one.topic}"
        newest[subject] = max(envelope.sequence, newest.get(subject, 0))
        home = partitions.setdefault((one.topic, envelope.partition_key), one.partition)
        if home != one.partition:
            yield f"{envelope.partition_key} stands on two partitions of {one.topic}: {home} and {one.partition}"
