"""The test clock's conductor: moves business time for all services together, only ever at quiescence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

QUIET_SECONDS_MAX = 120.0
ASK_SECONDS = 0.02
STEPS_MAX = 10_000  # of one move; more means that a timer sets itself again and again


@dataclass(frozen=True, slots=True)
class Door:
    """A process's sandbox doors: its address, and the paths where they are not the usual ones."""

    url: str
    clock_path: str = "/v1/clock"
    quiescence_path: str = "/v1/quiescence"
    authorization: str | None = None  # None: a development token
    sets_clock: bool = True  # one process of a service is enough: its clock is a row of its database


class NotQuiet(AssertionError):
    """The system did not come to rest; the text says which process and why."""


class Conductor:
    """`repeat { next due <= target; set every clock to it; wait until all are quiet }`."""

    def __init__(self, doors: Sequence[Door], token: Callable[[], str]) -> None:
        self._doors = doors
        self._token = token
        self._client = httpx2.AsyncClient(timeout=30.0)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _headers(self, door: Door) -> Mapping[str, str]:
        return {"Authorization": door.authorization or f"Bearer {self._token()}"}

    async def settle(self) -> Sequence[Mapping[str, Any]]:
        """Wait for two equal quiet answers in a row from all processes."""
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        before: Sequence[Mapping[str, Any]] | None = None
        while True:
            reports = await asyncio.gather(*(self._report(door) for door in self._doors))
            quiet = all(report["quiet"] for report in reports)
            if quiet and reports == before:
                return reports
            if time.monotonic() > deadline:
                noisy = [dict(report) for report in reports if not report["quiet"]]
                raise NotQuiet(f"not quiet after {QUIET_SECONDS_MAX} s: {noisy or 'the reports keep changing'}")
            before = reports if quiet else None
            await asyncio.sleep(ASK_SECONDS)

    async def _report(self, door: Door) -> Mapping[str, Any]:
        try:
            response = await self._client.get(door.url + door.quiescence_path, headers=self._headers(door))
            response.raise_for_status()
        except httpx2.HTTPError as error:
            return {"url": door.url, "quiet": False, "error": type(error).__name__}
        report: dict[str, Any] = response.json()
        report.pop("now", None)  # a clock that nobody has set yet is the machine's, and never the same twice
        return report

    async def move_to(self, target: datetime) -> None:
        """Move business time to the target, stopping at every timer on the way; target aware."""
        if target.tzinfo is None:
            raise ValueError("business time needs a zone")
        for _ in range(STEPS_MAX):
            reports = await self.settle()
            dues = [datetime.fromisoformat(report["next_due_at"]) for report in reports if report.get("next_due_at")]
            step = min([due for due in dues if due <= target], default=target)
            await self._set(step.astimezone(UTC))
            if step >= target and not any(due <= target for due in dues):
                await self.settle()
                return
        raise NotQuiet(f"more than {STEPS_MAX} steps on the way to {target.isoformat()}")

    async def _set(self, now: datetime) -> None:
        for door in self._doors:
            if door.sets_clock:
                response = await self._client.put(
                    door.url + door.clock_path, headers=self._headers(door), json={"now": now.isoformat()}
                )
                if response.status_code == httpx2.codes.CONFLICT:
                    continue  # it stands there or later already
                response.raise_for_status()
