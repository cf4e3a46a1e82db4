"""Whether what a test saw is what its requirement asks for."""

from collections import Counter

from saldo_testkit.recorder import Evidence, SeenEvent
from saldo_testkit.requirements_reading import Clause, Forbidden, Reading

REFUSED_FROM, REFUSED_TO = 400, 499  # RFC 9110, section 15.5: the client's request was refused


def what_is_missing(reading: Reading, evidence: Evidence, *, asserts: bool) -> list[str]:
    """Sentences that say what was not seen, or seen and forbidden; empty when the row is proven.

    `asserts`: the test's source holds an assertion, which rows without events ask for.
    """
    missing = [fault for clause in reading.clauses for fault in _faults(clause, evidence.events)]
    own = [request for request in evidence.requests if request.by_test]
    if reading.refusal and not any(REFUSED_FROM <= request.status <= REFUSED_TO for request in own):
        missing.append("no request of the test was refused")
    if reading.answer and not own:
        missing.append("the test made no HTTP request")
    if reading.answer and not asserts:
        missing.append("the test asserts nothing")
    return missing


def _faults(clause: Clause, events: list[SeenEvent]) -> list[str]:
    """The faults of the account that comes nearest: a clause holds if it holds on one account."""
    accounts = sorted({seen.account_id for seen in events if seen.account_id}) or [""]
    return min((_faults_of(clause, _story(account, events)) for account in accounts), key=len)


def _story(account_id: str, events: list[SeenEvent]) -> list[SeenEvent]:
    return [seen for seen in events if seen.account_id in ("", account_id)]


def _faults_of(clause: Clause, story: list[SeenEvent]) -> list[str]:
    seen = Counter(event.name for event in story)
    faults = [
        f"not seen: {wanted}" for wanted in clause.wanted if sum(seen[name] for name in wanted.names) < wanted.times
    ]
    return faults + [
        f"seen, though forbidden: {forbidden.name}" for forbidden in clause.forbidden if _happened(forbidden, story)
    ]


def _happened(forbidden: Forbidden, story: list[SeenEvent]) -> bool:
    begun = not forbidden.after
    for event in story:
        if begun and event.name == forbidden.name and not event.arranged:
            return True
        begun = begun or event.name in forbidden.after
    return False
