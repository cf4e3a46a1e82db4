"""What a flow expects to be told: exactly these events, in causal order, and no other of the same kinds."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from types import TracebackType
from typing import Self, TypeAlias

from saldo_contracts.event import Event
from saldo_testkit.observer import Seen

from tests.flows.witness import Witness

EXPECT_SECONDS = 60.0  # for what waits for machine time, such as a question to the processor; never a proof of speed
ASK_SECONDS = 0.05

Kind: TypeAlias = type[Event]


class Expectation:
    """`async with ...: act`; on the way out the system comes to rest, and what was told is held against the chain.

    A chain is told in one order only: each event led to the next. What services do without waiting for each other
    stands in chains of its own, side by side in one `async with`. Order is that of ce_recordedtime (one machine's
    clock, so an effect is never earlier than its cause), within one transaction that of the stream.
    """

    def __init__(
        self, witness: Witness, rest: Callable[[], Awaitable[object]], *, chain: Sequence[Kind], account_id: str | None
    ) -> None:
        self._witness = witness
        self._rest = rest
        self._chain = list(chain)
        self._account_id = account_id
        self._since = 0

    async def __aenter__(self) -> Self:
        await self._rest()
        self._since = len(self._witness.seen)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            return
        deadline = time.monotonic() + EXPECT_SECONDS
        await self._rest()
        while self._missing() and time.monotonic() < deadline:
            await asyncio.sleep(ASK_SECONDS)
            await self._rest()
        assert not self._fault(), f"{self._fault()}; told:\n{self._told()}"

    def seen(self) -> list[Seen]:
        """The events of the listed kinds since the beginning, in order."""
        story = self._witness.story_of(self._account_id, since=self._since)
        return [one for one in story if type(one.event) in self._chain]

    def _missing(self) -> Counter[Kind]:
        return Counter(self._chain) - Counter(type(one.event) for one in self.seen())

    def _fault(self) -> str:
        arrived = [type(one.event) for one in self.seen()]
        if missing := self._missing():
            return f"not told: {_names(missing.elements())}"
        if extra := Counter(arrived) - Counter(self._chain):
            return f"told too often: {_names(extra.elements())}"
        return "" if arrived == self._chain else f"{_names(self._chain)} expected, told as {_names(arrived)}"

    def _told(self) -> str:
        story = self._witness.story_of(self._account_id, since=self._since)
        return "\n".join(f"  {one.envelope.time:%Y-%m-%d %H:%M} {type(one.event).__name__}" for one in story) or "  -"


def _names(kinds: Iterable[Kind]) -> str:
    return ", ".join(kind.__name__ for kind in kinds)
