"""The doors that exist in sandbox mode only: business time that can be moved, and whether all has come to rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from saldo_contracts.permissions import Permission
from saldo_work import Json
from starlette.responses import JSONResponse

from saldo_web.problems import Problem
from saldo_web.routing import SecuredRouter
from saldo_web.wire import Moment, RequestBody


class MovableClock(Protocol):
    """Business time that moves when it is told to."""

    async def now(self) -> datetime:
        """Aware, UTC."""

    async def move_to(self, instant: datetime) -> None:
        """Move forward; a move to the present time does nothing. Raises ValueError for a time that is past."""


class Quiescence(Protocol):
    """Counts by which a conductor knows that a process is at rest (two equal answers in a row)."""

    async def report(self) -> Mapping[str, Json]:
        """A JSON object of counters."""


class ClockBody(RequestBody):
    """The business time to move to, or that it is."""

    now: Moment


def sandbox_routes(clock: MovableClock, quiescence: Quiescence) -> SecuredRouter:
    """`GET` and `PUT /v1/clock`, `GET /v1/quiescence`; pass them to `create_app` in sandbox mode only."""
    router = SecuredRouter(tags=["sandbox"])

    @router.get("/v1/clock", permission=Permission.SERVICE_OVERRIDE, response_model=ClockBody)
    async def read_clock() -> JSONResponse:
        return _told(await clock.now())

    @router.put("/v1/clock", permission=Permission.SERVICE_OVERRIDE, response_model=ClockBody, idempotency="none")
    async def move_clock(body: ClockBody) -> JSONResponse:
        present = await clock.now()
        if body.now < present:
            raise _backwards(present)
        try:
            await clock.move_to(body.now)
        except ValueError:  # another conductor was faster
            raise _backwards(await clock.now()) from None
        return _told(await clock.now())

    @router.get("/v1/quiescence", permission=Permission.SERVICE_OVERRIDE)
    async def read_quiescence() -> JSONResponse:
        return JSONResponse(dict(await quiescence.report()))

    return router


def _told(instant: datetime) -> JSONResponse:
    return JSONResponse({"now": _text(instant)})


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _backwards(present: datetime) -> Problem:
    facts = {"now": _text(present)}
    return Problem(409, "clock-moves-forward-only", "Business time never moves back.", facts=facts)
