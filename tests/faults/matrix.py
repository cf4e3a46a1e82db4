"""Where each step can stop, row by row and process by process: the table of the architecture as deaths to be died."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.orders import Order

# What stands after a death there, and so what brings it on: the rows of the table. A point may stand in two.
ROWS: Final[Mapping[str, Sequence[str]]] = {
    "before a commit": (
        "listener.before-run",
        "runner.before-flush",
        "runner.before-commit",
        "loop.before-claim",
        "timers.before-run",
        "waiting.before-run",
        "retention.before-delete",
        "webhook.before-run",
        "dead-letters.before-run",
    ),
    "after commit, before relay": ("runner.after-commit", "relay.before-send", "relay.before-delete"),
    "after effects, before the Kafka commit": ("listener.before-ack",),
    "after effects, before the answer": ("webhook.before-answer", "dead-letters.before-answer"),
    "between claim and settle": ("loop.before-call", "loop.before-settle", "loop.after-settle"),
    "a handler that keeps failing": ("dead-letters.before-run", "dead-letters.before-answer"),
}

RELAY: Final = ("relay.before-send", "relay.before-delete")
LISTENER: Final = ("listener.before-run", "listener.before-ack")
RUNNER: Final = ("runner.before-flush", "runner.before-commit", "runner.after-commit")
WEBHOOK: Final = ("webhook.before-run", "webhook.before-answer")
LOOP: Final = ("loop.before-claim", "loop.before-call", "loop.before-settle", "loop.after-settle")
DEAD_LETTERS: Final = ("dead-letters.before-run", "dead-letters.before-answer")

# A command that each service makes of a message: what a test lets come too early, or fail.
OF_A_MESSAGE: Final[Mapping[str, str]] = {
    "invoicing": "ApplyPayment",
    "payments": "RequestPayment",
    "subscriptions": "ObserveBalance",
    "notifications": "ComposeNotices",
}


@dataclass(frozen=True, slots=True)
class Walk:
    """One process dies at each of these points, one after the other; `sabotage` leads it to them where needed."""

    process: str
    points: Sequence[str]
    passage: int = 1
    sabotage: str | None = None

    @property
    def orders(self) -> Sequence[Order]:
        return [Order(self.process, point, self.passage, sabotage=self.sabotage) for point in self.points]


def loop(name: str) -> tuple[str, ...]:
    """The four steps of one loop."""
    return tuple(f"{point}#{name}" for point in LOOP)


def early(service: str) -> Walk:
    """A message waits for a copy, and its process dies when it looks at it again."""
    return Walk(f"{service}-worker", ("waiting.before-run",), sabotage=f"come-too-early:{OF_A_MESSAGE[service]}")


SECOND = 2  # the first passage may be an idle one
SERVICES: Final = tuple(OF_A_MESSAGE)

# The story under which they die -> who dies; walks of one story are walked side by side.
WALKS: Final[Mapping[str, Sequence[Walk]]] = {
    "orders and payments: the ends": (
        Walk("subscriptions-worker", (*RELAY, *LISTENER, *RUNNER), SECOND),
        Walk("notifications-worker", (*RELAY, *LISTENER, *RUNNER, *loop("delivery")), SECOND),
    ),
    "orders and payments: the middle": (
        Walk("invoicing-worker", (*RELAY, *LISTENER, *RUNNER), SECOND),
        Walk("payments-worker", (*RELAY, *LISTENER, *RUNNER, *loop("collection"), *loop("validation")), SECOND),
    ),
    "orders and payments: the APIs": (
        Walk("subscriptions-api", RUNNER, SECOND),
        Walk("invoicing-api", RUNNER, SECOND),
        Walk("payments-api", (*RUNNER, *WEBHOOK), SECOND),
    ),
    "mails that were refused are sent after all": (Walk("notifications-api", RUNNER),),
    "the processor charges without a word": (Walk("payments-worker", loop("reconciliation")),),
    "contacts come late": (Walk("notifications-worker", loop("waiting"), sabotage="come-too-early:RecordContact"),),
    "copies come late": tuple(early(service) for service in SERVICES),
    "old answers are forgotten": tuple(Walk(f"{service}-worker", ("retention.before-delete",)) for service in SERVICES),
    "time passes": tuple(
        Walk(f"{service}-worker", ("timers.before-run",)) for service in ("invoicing", "payments", "subscriptions")
    ),
    "an operator retries what failed": tuple(Walk(f"{service}-dead-letters", DEAD_LETTERS) for service in SERVICES),
}


def walked() -> set[tuple[str, str]]:
    """(process, point) of every death in the matrix."""
    return {(walk.process, point) for walks in WALKS.values() for walk in walks for point in walk.points}


# -- the page for people -----------------------------------------------------------------------------------------------

PAGE: Final = "docs/fault-matrix.md"
KILLS: Final = "test_processes_are_killed_at_each_of_their_steps"
RETRIES: Final = "test_a_retry_of_dead_letters_is_killed_and_given_again"
HEAD: Final = """# Where each step can stop

Every named point of `saldo_messaging.failpoints` and every process that is killed there, with the stories under which
it happens; `#name` is one loop alone. Made from `tests/faults/matrix.py` by `python -m tests.faults.matrix`;
`tests/faults/test_matrix.py` holds it against the points that there are and against each service's own wiring. The
tests stand in `tests/faults/test_kills.py`; after every story all sentences of `make invariants` must hold. What is
no single step (servers away, connections cut, replicas that come and go, a frozen worker) is in
`tests/faults/test_outages.py`, and what happens where a promise is broken on purpose in
`tests/faults/test_sabotage.py`.

| what stands | point | processes, by story | test |
| --- | --- | --- | --- |
"""


def page() -> str:
    """The matrix as a table: row of the architecture, point, who dies there under which story, test."""
    return HEAD + "".join(
        f"| {row} | `{point}` | {_deaths(point)} | `{RETRIES if point in DEAD_LETTERS else KILLS}` |\n"
        for row, points in ROWS.items()
        for point in points
    )


def _deaths(point: str) -> str:
    stories: dict[str, list[str]] = defaultdict(list)
    for story, walks in WALKS.items():
        stories[story.partition(":")[0]] += [
            f"{walk.process}{f' #{part}' if part else ''}"
            for walk in walks
            for name, _, part in (place.partition("#") for place in walk.points)
            if name == point
        ]
    return "; ".join(f"{story}: {', '.join(names)}" for story, names in stories.items() if names)


if __name__ == "__main__":
    Path(PAGE).write_text(page())
