"""What the Events cell of a requirement asks to see on the broker, read by a small grammar.

The readings, in the order they are applied:

- `;` parts the cell into clauses. Each must hold; each may hold on an account of its own.
- Within a clause `→` and `,` part terms. All must be seen on one account, in any order (streams are read side by
  side; the flow tests hold the order). An event without an account, such as FeeRatesChanged, counts for every account.
- `A or B`: one of them suffices.
- `three X`: at least three.
- `no X`, `never X or Y`, `A never causes X`: X must not be seen; after `A →` or `A never` not after the first A, else
  not at all since `Recorder.arranged()`. A clause that only forbids belongs to the clause before it.
- `X refused → Y`: Y must be seen. X is not asked for, and not forbidden either: a fifth card is refused after four were
  taken. `X ... is refused`, with no event after it: the test itself must have got an answer from 400 to 499.
- `none`, `read only`, or nothing left: the test must have made an HTTP request and asserted something.
- Reasons in brackets, conditions and other words ("on submit", "if corrected") are for people; an event's fields are
  the test's own assertions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

EVENT = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")
NUMBERS = MappingProxyType({"two": 2, "three": 3, "four": 4})

# facts.md, "Events: refinements": these are not built; their fact is told by the event named, or by all together.
NOT_BUILT: Mapping[str, str | None] = MappingProxyType(
    {
        "UsageRated": "ChargesFinalized",
        "BillingPeriodStarted": "ChargesFinalized",
        "BillingActivityLogged": None,  # the audit view is derived from all events and their ce_actor
    }
)

# facts.md: InvoiceIssued is told only for documents that ask for money; credits and refunds announce their own.
ANNOUNCED_OTHERWISE: Mapping[str, str] = MappingProxyType({"SL-07": "InvoiceIssued", "SL-08": "InvoiceIssued"})

# facts.md: what a row attributes to this event can also be started by an agent's call; beside others it is optional.
STARTED_OTHERWISE = "SupportCaseOpened"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of `names`, at least `times` times."""

    names: frozenset[str]
    times: int = 1

    def __str__(self) -> str:
        return (f"{self.times} x " if self.times > 1 else "") + " or ".join(sorted(self.names))


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Not `name` after the first of `after`; with nothing in `after`, not at all."""

    name: str
    after: frozenset[str]


@dataclass(frozen=True, slots=True)
class Clause:
    """What must be seen, and not be seen, on one account."""

    wanted: tuple[Wanted, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a row asks to see: clauses on the broker, a refusal, or (`answer`) a request and its asserted answer."""

    clauses: tuple[Clause, ...]
    refusal: bool
    answer: bool


def read_events(row_id: str, cell: str) -> Reading:
    """The reading of one Events cell; see the module's text."""
    clauses: list[Clause] = []
    refusal = False
    for part in re.sub(r"\([^)]*\)", "", cell).split(";"):
        clause, refused = _clause(part)
        refusal = refusal or refused
        clause = _refined(row_id, clause)
        if clause.wanted or not clauses:
            clauses.append(clause)
        else:
            clauses[-1] = replace(clauses[-1], forbidden=clauses[-1].forbidden + clause.forbidden)
    asked = tuple(clause for clause in clauses if clause.wanted or clause.forbidden)
    return Reading(asked, refusal, answer=not any(clause.wanted for clause in asked))


def _clause(part: str) -> tuple[Clause, bool]:
    wanted: list[Wanted] = []
    forbidden: list[Forbidden] = []
    refusal = False
    for term in re.split(r"→|,", re.sub(r",\s*or\s+", " or ", part)):
        if "refused" in term:
            refusal = True
            continue
        asked, _, denied = re.sub(r"\b(?:no|never)\b", "\0", term, count=1).partition("\0")
        found = _wanted(asked)
        wanted += found
        refusal = refusal and not found  # the event after "refused" is how the refusal is told
        after = wanted[-1].names if wanted else frozenset[str]()
        forbidden += [Forbidden(name, after) for name in EVENT.findall(denied)]
    return Clause(tuple(wanted), tuple(forbidden)), refusal


def _wanted(term: str) -> list[Wanted]:
    names = EVENT.findall(term)
    if not names:
        return []
    if " or " in term:
        return [Wanted(frozenset(names))]
    times = next((NUMBERS[word] for word in term.split() if word in NUMBERS), 1)
    return [Wanted(frozenset([name]), times) for name in names]


def _refined(row_id: str, clause: Clause) -> Clause:
    wanted: list[Wanted] = []
    for one in clause.wanted:
        told = (NOT_BUILT.get(name, name) for name in one.names if name != ANNOUNCED_OTHERWISE.get(row_id))
        names = frozenset(name for name in told if name is not None)
        refined = replace(one, names=names)
        if names and refined not in wanted:
            wanted.append(refined)
    others = [one for one in wanted if STARTED_OTHERWISE not in one.names]
    # What is not built cannot be seen, and the event that tells its fact tells others too: nothing to forbid.
    forbidden = tuple(one for one in clause.forbidden if one.name not in NOT_BUILT)
    return Clause(tuple(others or wanted), forbidden)
