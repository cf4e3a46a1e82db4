"""Whether the mail server greets us: told to operators, and never a reason to take this service out of rotation."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel
from saldo_web import Public, SecuredRouter

PROBE_TIMEOUT_SECONDS = 2.0  # below what a probe's caller waits
PROBE_KEPT_SECONDS = 10.0  # an open door must not turn its callers against the mail server


class MailServerHealth(BaseModel):
    """`trouble` is the kind of what is wrong."""

    status: Literal["reachable", "degraded"]
    trouble: str | None


class Greeting:
    """The last answer of the mail server, asked anew when it is older than ten seconds; machine time."""

    def __init__(self, ask: Callable[[float], Awaitable[str | None]]) -> None:
        self._ask = ask
        self._asked_at: float | None = None
        self._trouble: str | None = None

    async def trouble(self) -> str | None:
        if self._asked_at is None or time.monotonic() - self._asked_at > PROBE_KEPT_SECONDS:
            self._asked_at = time.monotonic()
            self._trouble = await self._ask(PROBE_TIMEOUT_SECONDS)
        return self._trouble


def mail_server_routes(greeting: Greeting) -> SecuredRouter:
    router = SecuredRouter(tags=["health"])

    @router.get(
        "/health/mail-server",
        permission=Public("asked by monitoring, tells no data"),
        response_model=MailServerHealth,
    )
    async def mail_server_health() -> JSONResponse:
        """Always 200: while the mail server is away notices stay queued, and everything else goes on."""
        trouble = await greeting.trouble()
        return JSONResponse({"status": "reachable" if trouble is None else "degraded", "trouble": trouble})

    return router
