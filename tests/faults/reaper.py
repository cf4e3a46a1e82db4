"""Waits for a process to die where it was told to, and brings it back, armed for its next death or for none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Self

from tests.faults.armed_suite import ArmedSuite
from tests.faults.leases import end_leases
from tests.faults.orders import Order
from tests.faults.waiting import wait_until


class Reaper:
    """`async with Reaper(suite, orders):` one process dies once for each order. `armed`: it has the first one already,
    else it is started again with it. `heals`: what was wrong with it besides is over with its last death."""

    def __init__(self, suite: ArmedSuite, orders: Sequence[Order], *, armed: bool = False, heals: bool = True) -> None:
        self._suite = suite
        self._orders = list(orders)
        self._armed = armed
        self._heals = heals
        self.process = self._orders[0].process
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if not self._armed:
            await self._suite.arm(self._orders[0])
        self._task = asyncio.create_task(self._reap(), name=f"reaper of {self.process}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def all_died(self) -> None:
        """Return when every order was carried out and the process is back; raises what went wrong."""
        assert self._task is not None
        await self._task

    @property
    def done(self) -> bool:
        return self._task is not None and self._task.done()

    async def _reap(self) -> None:
        for order, successor in zip(self._orders, [*self._orders[1:], None], strict=True):
            await wait_until(lambda: self._suite.died(self.process), f"{order} was never reached")
            proof = order.proof(self._suite.folder)
            assert proof.exists(), f"{self.process} was killed, but not at {order.point}"
            await end_leases(self._suite)
            await self._suite.revive(self.process, successor, healthy=self._heals)


async def until_all_died(reapers: Iterable[Reaper]) -> None:
    """Every order of every reaper."""
    await asyncio.gather(*(reaper.all_died() for reaper in reapers))
