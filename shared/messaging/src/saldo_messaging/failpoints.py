"""Named places where a test can stop a process dead, so that a crash there is something that was seen.

`SALDO_FAILPOINTS="runner.before-commit=kill@3:/path/hit"` kills the process (SIGKILL) at the third passage and leaves
the file as proof; `stop` instead of `kill` freezes it (SIGSTOP) until somebody sends SIGCONT, which makes a zombie.
`loop.before-call#reconciliation` counts the passages of that loop alone. Unset, a passage costs one look at an empty
dictionary.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "SALDO_FAILPOINTS"
POINTS = frozenset(
    {
        "relay.before-send",
        "relay.before-delete",
        "listener.before-run",
        "listener.before-ack",
        "runner.before-flush",
        "runner.before-commit",
        "runner.after-commit",
        "loop.before-claim",
        "loop.before-call",
        "loop.before-settle",
        "loop.after-settle",
        "timers.before-run",
        "waiting.before-run",
        "retention.before-delete",
        "dead-letters.before-run",
        "dead-letters.before-answer",
        "webhook.before-run",
        "webhook.before-answer",
    }
)
ACTIONS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


@dataclass(frozen=True, slots=True)
class _Order:
    action: signal.Signals
    passage: int
    proof: Path


def _orders(text: str) -> dict[str, _Order]:
    orders: dict[str, _Order] = {}
    for item in filter(None, text.split(",")):
        name, _, rest = item.partition("=")
        action, _, rest = rest.partition("@")
        passage, _, proof = rest.partition(":")
        if name.partition("#")[0] not in POINTS:
            raise ValueError(f"SALDO_FAILPOINTS: no point {name!r}; known points: {', '.join(sorted(POINTS))}")
        if action not in ACTIONS or not passage.isdecimal() or int(passage) < 1 or not proof:
            raise ValueError(f"SALDO_FAILPOINTS: cannot read {item!r}; it is written point=kill@3:/path/of/the/proof")
        orders[name] = _Order(action=ACTIONS[action], passage=int(passage), proof=Path(proof))
    return orders


class Failpoints:
    """The orders of one process, read once from the environment."""

    def __init__(self, text: str) -> None:
        self._orders = _orders(text)
        self._passed: Counter[str] = Counter()

    def hit(self, name: str, of: str) -> None:
        """Pass the named point, perhaps of a named part; the process may end here."""
        if not self._orders:
            return
        for place in (name, f"{name}#{of}"):
            order = self._orders.get(place)
            if order is None:
                continue
            self._passed[place] += 1
            if self._passed[place] == order.passage:
                order.proof.write_text(place)
                os.kill(os.getpid(), order.action)


_failpoints: Failpoints | None = None


def check() -> None:
    """Read the orders now, so that a wrong one ends the process at its start; raises ValueError."""
    global _failpoints
    _failpoints = Failpoints(os.environ.get(VARIABLE, ""))


def hit(name: str, of: str = "") -> None:
    """Pass a named point of this process; `of` names the part where several have the point."""
    if _failpoints is None:
        check()
    if _failpoints is not None:
        _failpoints.hit(name, of)
