"""Runs a small HTTP application on loopback until its process is told to end."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp

from saldo_local.ports import LOOPBACK

BACKLOG = 1024  # a load test opens its connections all at once
GOODBYE_SECONDS = 1  # a client that waits for an answer that will never come must not keep the process


def bound_socket(port: int) -> socket.socket:
    """Port 0 draws a free one. The protocol is named because asyncio switches Nagle's delay off (40 ms an answer) only
    where it reads TCP."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def server_for(application: ASGIApp, *, protocol: str | type = "auto") -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            application,
            http=protocol,
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GOODBYE_SECONDS,
        )
    )
