"""A real server in a loop of ours: it tells its port, serves, and goes when asked."""

from __future__ import annotations

import asyncio
import signal
import socket

import httpx2
import pytest
from fastapi import FastAPI
from saldo_web import Authenticator, Public, SecuredRouter, create_app, serve
from starlette.responses import JSONResponse


def slow_app(authenticator: Authenticator, entered: asyncio.Event, leave: asyncio.Event) -> FastAPI:
    router = SecuredRouter()

    @router.get("/slow", permission=Public("an example"))
    async def slow() -> JSONResponse:
        entered.set()
        await leave.wait()
        return JSONResponse({"done": True})

    return create_app(
        service="example",
        title="Example",
        version="1",
        description="",
        problems={},
        authenticator=authenticator,
        readiness=[],
        routers=[router],
    )


async def started(app: FastAPI, stop: asyncio.Event | None = None) -> tuple[asyncio.Task[None], str]:
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(app, "127.0.0.1", 0, on_bound=port.set_result, stop=stop))
    return task, f"http://127.0.0.1:{await asyncio.wait_for(port, 10)}"


async def test_it_serves_until_it_is_told_to_stop_and_leaves_signals_alone(app: FastAPI) -> None:
    before = signal.getsignal(signal.SIGTERM)
    stop = asyncio.Event()
    serving, address = await started(app, stop)
    async with httpx2.AsyncClient(base_url=address) as client:
        answer = await client.get("/health/live")
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert signal.getsignal(signal.SIGTERM) is before
        too_large = await client.post("/v1/accounts/a/payments/open", content=b" " * 1_000_001)
        assert too_large.status_code == 413
    stop.set()
    await asyncio.wait_for(serving, 10)


async def test_a_running_request_ends_before_a_cancelled_server_goes(authenticator: Authenticator) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    serving, address = await started(slow_app(authenticator, entered, leave))
    async with httpx2.AsyncClient(base_url=address) as client:
        asked = asyncio.create_task(client.get("/slow"))
        await asyncio.wait_for(entered.wait(), 10)
        serving.cancel()
        await asyncio.sleep(0)
        leave.set()
        assert (await asyncio.wait_for(asked, 10)).json() == {"done": True}
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(serving, 10)


async def test_a_taken_port_is_an_error(app: FastAPI) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            await serve(app, "127.0.0.1", taken.getsockname()[1])
