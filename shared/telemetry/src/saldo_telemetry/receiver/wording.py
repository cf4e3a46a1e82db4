"""How moments, durations and services are written for people."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from saldo_telemetry.receiver.spans import Value

OURS: Final = "saldo-"
PALETTE_OF: Final = {"subscriptions": 0, "invoicing": 1, "payments": 2, "notifications": 3, "portal": 4}
PALETTE_OTHERS: Final = (5, 6, 7)

_UNITS: Final = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))


def took(nanoseconds: int) -> str:
    """A duration with at most three digits that matter: 840 µs, 12.3 ms, 1.24 s, 3 h 12 min."""
    microseconds = nanoseconds / 1_000
    if microseconds < 1_000:
        return f"{microseconds:.0f} µs"
    if microseconds < 1_000_000:
        milliseconds = microseconds / 1_000
        return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
    seconds = nanoseconds / 1_000_000_000
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    size, unit, small_size, small_unit = next(entry for entry in _UNITS if seconds >= entry[0])
    whole, rest = divmod(int(seconds), size)
    return f"{whole} {unit} {rest // small_size} {small_unit}"


def moment(nanoseconds: int) -> str:
    """Date and time in UTC, to the millisecond."""
    return datetime.fromtimestamp(nanoseconds / 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def short(service: str) -> str:
    """`saldo-payments` -> `payments`."""
    return service.removeprefix(OURS)


def hue(service: str) -> int:
    """The number of a service's colour: our own keep theirs on every page; others share what is left."""
    name = short(service)
    if name in PALETTE_OF:
        return PALETTE_OF[name]
    return PALETTE_OTHERS[zlib.crc32(name.encode()) % len(PALETTE_OTHERS)]


def plain(value: Value) -> str:
    """An attribute's value as text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def beginning(values: Sequence[str]) -> str:
    """The first id, short, and how many more there are."""
    more = f" +{len(values) - 1}" if len(values) > 1 else ""
    return f"{values[0][:8]}…{values[0][-4:]}{more}" if values else ""
