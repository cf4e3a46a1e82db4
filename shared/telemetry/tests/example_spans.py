"""Spans as the receiver keeps them, made by hand."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_telemetry.receiver import StoredSpan

TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER = "1af7651916cd43dd8448eb211c80319c"
SECOND = 1_000_000_000
ACCOUNT = "0190b0a0-0000-7000-8000-00000000000a"
PAYMENT = "0190b0a0-0000-7000-8000-00000000000b"


def one(
    span_id: str,
    parent_id: str | None = None,
    *,
    name: str = "work",
    service: str = "saldo-payments",
    trace_id: str = TRACE,
    start: float = 0,
    seconds: float = 1,
    status: str = "unset",
    kind: str = "internal",
    links: tuple[tuple[str, str], ...] = (),
    attributes: Mapping[str, str | float] | None = None,
) -> StoredSpan:
    """A span of `seconds` that begins `start` seconds after 1970."""
    started = int(start * SECOND)
    return StoredSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        service=service,
        name=name,
        kind=kind,
        started_ns=started,
        ended_ns=started + int(seconds * SECOND),
        status=status,
        attributes={**({"error.type": "x.Y"} if status == "error" else {}), **(attributes or {})},
        links=links,
    )
