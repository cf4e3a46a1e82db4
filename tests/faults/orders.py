"""Where a process is to die: an order names the process, the point of its steps and the passage."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saldo_local.stack import StackFailed
from saldo_local.suite import Shape, Suite

from tests.faults.waiting import wait_until

FAILPOINTS = "SALDO_FAILPOINTS"
UNARMED: Mapping[str, str] = {FAILPOINTS: ""}


@dataclass(frozen=True, slots=True)
class Order:
    """`Order("payments-worker", "loop.before-settle", 3)`: killed at the third passage."""

    process: str
    point: str
    passage: int = 1

    @property
    def service(self) -> str:
        return self.process.partition("-")[0]

    def proof(self, folder: Path) -> Path:
        """The file that the process leaves behind when it dies there."""
        return folder / f"{self.process}.{self.point}.{self.passage}"

    def environment(self, folder: Path) -> Mapping[str, str]:
        """What makes a process obey."""
        return {FAILPOINTS: f"{self.point}=kill@{self.passage}:{self.proof(folder)}"}

    def __str__(self) -> str:
        return f"{self.process} at {self.point}, passage {self.passage}"


class ArmedSuite(Suite):
    """A suite in which processes are armed from their first moment; only the test kit's own wiring is touched."""

    def __init__(self, shape: Shape, orders: Mapping[str, Order], folder: Path) -> None:
        super().__init__(shape)
        self.folder = folder
        self._orders = orders

    def _plan(self) -> None:
        super()._plan()
        for name, order in self._orders.items():
            self.processes[name].environment.update(order.environment(self.folder))

    def died(self, name: str) -> bool:
        """Whether the process ended; raises AssertionError when it did so by itself."""
        popen = self.processes[name].popen
        code: Any = popen.poll() if popen else None
        if code is None:
            return False
        assert code == -signal.SIGKILL, f"{name} ended with {code}:\n{self.processes[name].last_words()}"
        return True

    async def revive(self, name: str, environment: Mapping[str, str]) -> None:
        """Start a dead process; returns when it is ready, or dead again: work that waits may lead it to its next
        point before it was ever ready."""
        try:
            await self.restart(name, environment)
        except StackFailed:
            if not self.died(name):
                raise

    async def arm(self, name: str, order: Order) -> None:
        """Stop a process in good order and start it again, armed."""
        popen = self.processes[name].popen
        assert popen is not None
        popen.send_signal(signal.SIGTERM)
        await wait_until(lambda: popen.poll() is not None, f"{name} does not stop")
        await self.restart(name, order.environment(self.folder))
