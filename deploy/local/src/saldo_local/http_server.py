"""Runs a small HTTP application on loopback until its process is told to end."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp

from saldo_local.ports import LOOPBACK

GOODBYE_SECONDS = 1  # a client that waits for an answer that will never come must not keep the process


def bound_socket(port: int) -> socket.socket:
    """Listening; port 0 draws a free one."""
    listener = socket.create_server((LOOPBACK, port), backlog=1024)
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
