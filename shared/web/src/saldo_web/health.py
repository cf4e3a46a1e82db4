"""Health: whether the process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from saldo_telemetry import logger
from starlette.responses import JSONResponse, Response

from saldo_web.descriptions import problem_response
from saldo_web.problems import Problem
from saldo_web.routing import Public, SecuredRouter

CHECK_TIMEOUT_SECONDS: Final = 2.0  # orchestrators give up after a few seconds and then know nothing

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """One thing that must hold before requests are sent here; raising or taking two seconds means that it does not."""

    name: str
    check: Callable[[], Awaitable[bool]]


def health_routes(readiness: Sequence[ReadinessCheck]) -> SecuredRouter:
    """`GET /health/live` and `GET /health/ready`."""
    router = SecuredRouter(tags=["health"])

    @router.get("/health/live", permission=Public("asked by the orchestrator, tells nothing"))
    async def health_live() -> dict[str, str]:
        return {"status": "live"}

    @router.get(
        "/health/ready",
        permission=Public("asked by the orchestrator, names checks and no data"),
        responses={503: problem_response("Not ready; `failed` names the checks that do not hold.")},
    )
    async def health_ready() -> Response:
        held = await asyncio.gather(*(_holds(check) for check in readiness))
        failed = [check.name for check, holds in zip(readiness, held, strict=True) if not holds]
        if failed:
            raise Problem(503, "not-ready", "Some checks do not hold.", facts={"failed": failed})
        return JSONResponse({"status": "ready", "checks": [check.name for check in readiness]})

    return router


async def _holds(check: ReadinessCheck) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            return await check.check()
    except Exception as error:  # whatever is wrong, the answer is "not ready"
        _log.warning("a readiness check failed", check=check.name, error=type(error).__name__)
        return False
