"""Free loopback ports for children that cannot choose one themselves."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORT_FIRST = 15_000
PORT_LAST = (
    29_999  # below every system's range for outgoing connections, so that none of them takes it before the child
)
TRIES_MAX = 1_000
COUNTER_DIGITS = 5


class NoFreePort(Exception):
    """A thousand ports in a row were all taken."""


def free_port() -> int:
    """Free at this moment, and given to nobody else of this user until all others were: a child may bind it later."""
    for _ in range(TRIES_MAX):
        port = _next_port()
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise NoFreePort(f"No free port between {PORT_FIRST} and {PORT_LAST} in {TRIES_MAX} tries.")


def _next_port() -> int:
    """Counted on in one file for all processes of this user; drawn ports would meet, as birthdays do."""
    counter = Path(tempfile.gettempdir()) / f"saldo-{os.getuid()}-port"
    file = os.open(counter, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = os.pread(file, COUNTER_DIGITS, 0)
        port = int(last) + 1 if last.isdigit() else PORT_FIRST
        port = port if PORT_FIRST <= port <= PORT_LAST else PORT_FIRST
        os.pwrite(file, f"{port:0{COUNTER_DIGITS}}".encode(), 0)
    finally:
        os.close(file)
    return port


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((LOOPBACK, port)) == 0
