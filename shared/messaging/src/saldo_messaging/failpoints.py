"""Named places where a test can stop a process dead, so that a crash there is something that was seen.

`SALDO_FAILPOINTS="runner.before-commit=kill@3:/path/hit"` kills the process (SIGKILL) at the third passage and leaves
the file as proof. Unset, a passage costs one dictionary look-up.
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
    }
)


@dataclass(frozen=True, slots=True)
class _Order:
    passage: int
    proof: Path


def _orders(text: str) -> dict[str, _Order]:
    orders: dict[str, _Order] = {}
    for item in filter(None, text.split(",")):
        name, _, rest = item.partition("=")
        action, _, rest = rest.partition("@")
        passage, _, proof = rest.partition(":")
        if name not in POINTS:
            raise ValueError(f"SALDO_FAILPOINTS: no point {name!r}; known points: {', '.join(sorted(POINTS))}")
        if action != "kill" or not passage.isdecimal() or int(passage) < 1 or not proof:
            raise ValueError(f"SALDO_FAILPOINTS: cannot read {item!r}; it is written point=kill@3:/path/of/the/proof")
        orders[name] = _Order(passage=int(passage), proof=Path(proof))
    return orders


class Failpoints:
    """The orders of one process, read once from the environment."""

    def __init__(self, text: str) -> None:
        self._orders = _orders(text)
        self._passed: Counter[str] = Counter()

    def hit(self, name: str) -> None:
        """Pass the named point; the process may end here."""
        if not self._orders:
            return
        order = self._orders.get(name)
        if order is None:
            return
        self._passed[name] += 1
        if self._passed[name] == order.passage:
            order.proof.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)


_failpoints: Failpoints | None = None


def check() -> None:
    """Read the orders now, so that a wrong one ends the process at its start; raises ValueError."""
    global _failpoints
    _failpoints = Failpoints(os.environ.get(VARIABLE, ""))


def hit(name: str) -> None:
    """Pass a named point of this process."""
    if _failpoints is None:
        check()
    if _failpoints is not None:
        _failpoints.hit(name)
