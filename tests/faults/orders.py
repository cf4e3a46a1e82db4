"""Where a process is to die: an order names the process, the point of its steps and the passage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FAILPOINTS = "SALDO_FAILPOINTS"
UNARMED: Mapping[str, str] = {FAILPOINTS: ""}


@dataclass(frozen=True, slots=True)
class Order:
    """`Order("payments-worker", "loop.before-settle", 3)`: killed at the third passage.

    `action` "stop" freezes it instead. `sabotage` is what is wrong with the process besides (see saboteur.py).
    """

    process: str
    point: str
    passage: int = 1
    action: str = "kill"
    sabotage: str | None = None

    @property
    def service(self) -> str:
        return self.process.partition("-")[0]

    def proof(self, folder: Path) -> Path:
        """The file that the process leaves behind when it dies there."""
        return folder / f"{self.process}.{self.point}.{self.passage}.{self.action}"

    def environment(self, folder: Path) -> Mapping[str, str]:
        """What makes a process obey."""
        return {FAILPOINTS: f"{self.point}={self.action}@{self.passage}:{self.proof(folder)}"}

    def __str__(self) -> str:
        return f"{self.process} at {self.point}, passage {self.passage}"
