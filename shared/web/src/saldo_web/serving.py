"""Serves an app inside a loop that belongs to somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

GRACE_SECONDS: Final = 20  # requests end within it; orchestrators kill after thirty
KEEP_ALIVE_SECONDS: Final = 75  # longer than a load balancer's, so that it never sends into a closing connection
CONNECTIONS_WAITING_MAX: Final = 2048


class _Server(uvicorn.Server):
    """Signals are the process's own business; `up` is set once requests are accepted."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    on_bound: Callable[[int], None] | None = None,
    stop: asyncio.Event | None = None,
    grace_seconds: int = GRACE_SECONDS,
) -> None:
    """Serve until `stop` is set or this is cancelled; running requests get `grace_seconds` to end.

    Port 0 lets the system choose; `on_bound` is told the port once requests are accepted. Raises OSError where the
    address is taken.
    """
    listener = _bind(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        backlog=CONNECTIONS_WAITING_MAX,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace_seconds,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="serve http")
    up = asyncio.create_task(server.up.wait(), name="wait for http")
    stopping = asyncio.create_task((stop or asyncio.Event()).wait(), name="wait for stop")
    try:
        await asyncio.wait({serving, up}, return_when=asyncio.FIRST_COMPLETED)
        if up.done() and on_bound is not None:
            on_bound(listener.getsockname()[1])
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        up.cancel()
        stopping.cancel()
        try:
            await asyncio.shield(serving)
        finally:
            listener.close()


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener
