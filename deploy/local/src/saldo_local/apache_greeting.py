"""The smallest talk with a Kafka broker: is it there, and how many of its kind does it know?"""

from __future__ import annotations

import socket
import struct

from saldo_local.ports import LOOPBACK

METADATA = 3
METADATA_VERSION = 1
CORRELATION = 1
NOBODY = -1  # length of a null client id
ANSWER_SECONDS_MAX = 2.0
ANSWER_BYTES_MAX = 64_000
NO_TOPICS = struct.pack(">i", 0)
REQUEST = struct.pack(">hhih", METADATA, METADATA_VERSION, CORRELATION, NOBODY) + NO_TOPICS


def brokers_known_by(port: int) -> int:
    """How many brokers take part, as this one sees it; 0 where it does not answer (yet)."""
    try:
        with socket.create_connection((LOOPBACK, port), ANSWER_SECONDS_MAX) as connection:
            connection.sendall(struct.pack(">i", len(REQUEST)) + REQUEST)
            size = struct.unpack(">i", _read(connection, 4))[0]
            if not 8 <= size <= ANSWER_BYTES_MAX:
                return 0
            correlation, brokers = struct.unpack(">ii", _read(connection, 8))
    except OSError:
        return 0
    return int(brokers) if correlation == CORRELATION else 0


def _read(connection: socket.socket, size: int) -> bytes:
    """Raises ConnectionError where the other side ends first."""
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            raise ConnectionError("the broker hung up")
        found += piece
    return found
