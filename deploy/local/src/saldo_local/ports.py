"""Free loopback ports for children that cannot choose one themselves."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
PORT_FIRST = 15_000
PORT_LAST = (
    29_999  # below every system's range for outgoing connections, so that none of them takes it before the child
)
TRIES_MAX = 100


class NoFreePort(Exception):
    """A hundred drawn ports were all taken."""


def free_port() -> int:
    """Free at this moment; the caller tries again if somebody else was faster."""
    for _ in range(TRIES_MAX):
        port = random.randint(PORT_FIRST, PORT_LAST)  # noqa: S311  no secret
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise NoFreePort(f"No free port between {PORT_FIRST} and {PORT_LAST} in {TRIES_MAX} tries.")


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((LOOPBACK, port)) == 0
