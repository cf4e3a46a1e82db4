"""A suite whose processes obey orders, may be spoilt, have replicas, and whose servers can be taken away."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saldo_local.addresses import Part
from saldo_local.ports import free_port
from saldo_local.stack import StackFailed
from saldo_local.suite import Process, Shape, Suite

from tests.faults.orders import UNARMED, Order
from tests.faults.servers import Server
from tests.faults.waiting import wait_until

SABOTEUR = Path(__file__).with_name("saboteur.py")


@dataclass(slots=True)
class Replica(Process):
    """A second worker of a service, with a place of its own in the group."""

    number: int = 1

    @property
    def name(self) -> str:
        return f"{self.service}-{self.kind}-{self.number}"


class ArmedSuite(Suite):
    """Only the test kit's own wiring is touched: environment, command line, signals."""

    def __init__(self, shape: Shape, orders: Mapping[str, Order], folder: Path) -> None:
        super().__init__(shape)
        self.folder = folder
        self.sabotage: dict[str, str] = {}
        self._orders = orders
        self._servers: dict[Part, Server] = {}

    def _plan(self) -> None:
        super()._plan()
        for name, order in self._orders.items():
            self.processes[name].environment.update(order.environment(self.folder))

    def _spawn(self, process: Process, extra: Mapping[str, str] | None = None) -> None:
        process.environment.update(extra or {})
        module = f"saldo_{process.service}"
        kind = self.sabotage.get(process.name)
        command = [sys.executable, "-m", module] if kind is None else [sys.executable, str(SABOTEUR), kind, module]
        process.popen = self._popen([*command, process.kind], process)
        process.environment.update(UNARMED)  # an order holds for one life: who starts it again means it to live

    async def stop(self) -> None:
        """Servers that were started again here end before the keeper removes what they stand on."""
        for process in self.processes.values():
            if process.popen and process.popen.poll() is None:
                process.popen.send_signal(signal.SIGCONT)  # one that is frozen would not hear the order to end
        await self.ended([*self.processes])
        for server in self._servers.values():
            await server.gone_for_good()
        await super().stop()

    def server(self, part: Part) -> Server:
        """PostgreSQL, the mail sink or the processor simulator."""
        if part not in self._servers:
            self._servers[part] = Server(self.stack, part)
        return self._servers[part]

    # -- processes -----------------------------------------------------------------------------------------------

    def died(self, name: str) -> bool:
        """Whether the process ended; raises AssertionError when it did so by itself."""
        popen = self.processes[name].popen
        code: Any = popen.poll() if popen else None
        if code is None:
            return False
        assert code == -signal.SIGKILL, f"{name} ended with {code}:\n{self.processes[name].last_words()}"
        return True

    async def revive(self, name: str, order: Order | None, *, healthy: bool = True) -> None:
        """Start a process that has ended, armed or not; returns when it is ready, or dead again: work that waits may
        lead it to its next point before it was ever ready. Without an order it is healthy where wished."""
        if order is not None and order.sabotage is not None:
            self.sabotage[name] = order.sabotage
        elif order is None and healthy:
            self.sabotage.pop(name, None)
        try:
            await self.restart(name, None if order is None else order.environment(self.folder))
        except StackFailed:
            if not self.died(name):
                raise

    async def arm(self, order: Order) -> None:
        """Stop a process in good order and start it again, armed."""
        await self.ended([order.process])
        await self.revive(order.process, order)

    async def ended(self, names: Sequence[str]) -> None:
        """Stop processes in good order; one that has ended already is no error."""
        popens = {name: popen for name in names if (popen := self.processes[name].popen) and popen.poll() is None}
        for popen in popens.values():
            popen.send_signal(signal.SIGTERM)
        for name, popen in popens.items():
            await wait_until(lambda popen=popen: popen.poll() is not None, f"{name} does not stop")  # type: ignore[misc]

    async def spoil(self, name: str, sabotage: str | None) -> None:
        """Start a process again with something wrong with it, or healthy."""
        await self.ended([name])
        self.sabotage.pop(name, None)
        if sabotage is not None:
            self.sabotage[name] = sabotage
        await self.restart(name)

    # -- replicas ------------------------------------------------------------------------------------------------

    async def join(self, service: str, number: int = 1) -> str:
        """A further worker, ready when this returns; its name."""
        first = self.processes[f"{service}-worker"]
        port, prefix = free_port(), service.upper()
        environment = {
            **first.environment,
            f"{prefix}_REPLICA": str(number),
            f"{prefix}_WORKER_PORT": str(port),
        }
        log = first.log.with_name(f"{service}-worker-{number}.log")
        replica = Replica(service, "worker", port, environment, log, number=number)
        self.processes[replica.name] = replica
        await self._ask_anew()
        await self.restart(replica.name)
        return replica.name

    async def leave(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        """A worker goes, in good order or by a crash, and is not asked about any more."""
        popen = self.processes[name].popen
        assert popen is not None
        popen.send_signal(how)
        await wait_until(lambda: popen.poll() is not None, f"{name} does not stop")
        del self.processes[name]
        await self._ask_anew()

    async def _ask_anew(self) -> None:
        """The conductor asks the processes that there are now."""
        if self._conductor is not None:
            await self._conductor.close()
            self._conductor = None
