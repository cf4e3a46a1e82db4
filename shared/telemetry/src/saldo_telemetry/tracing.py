"""Spans and the context that travels with rows and messages, so that one payment is one trace up to its e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from saldo_telemetry import attributes as names

Kind: TypeAlias = Literal["internal", "server", "client", "producer", "consumer"]
AttributeValue: TypeAlias = str | bool | int | float | Sequence[str]
Attributes: TypeAlias = Mapping[str, AttributeValue]

SAME_TRACE_MAX: Final = timedelta(minutes=15)  # beyond it a trace viewer shows a gap and nothing else: a link says more

_KINDS: Final = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED_DIGITS: Final = frozenset("13579bdf")
_KNOWN_FLAGS: Final = 0x03  # sampled, and "the trace id is random"
_FLAGS_LAST_CHARACTER: Final = 54  # version-traceid-spanid-flags is 55 characters in every version of the format

_tracer: trace.Tracer = trace.NoOpTracer()


def use_tracer(tracer: trace.Tracer | None) -> None:
    """Send the spans of this process there; None sends them nowhere. `start` calls it, nobody else."""
    global _tracer
    _tracer = tracer or trace.NoOpTracer()


def current_trace() -> tuple[str | None, str | None]:
    """`traceparent` and `tracestate` of the current span, to be stored or sent; (None, None) outside every span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None, None
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    return parent, context.trace_state.to_header() or None


def is_sampled(traceparent: str | None) -> bool:
    """Whether a span under this parent would be kept, by the flag alone: asked once per message."""
    return traceparent is not None and traceparent[_FLAGS_LAST_CHARACTER:55] in _SAMPLED_DIGITS


def remote_context(traceparent: str | None, tracestate: str | None = None) -> SpanContext | None:
    """The span context a header names (W3C Trace Context); None for a missing or malformed one."""
    if traceparent is None:
        return None
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None or (match[4] is not None and traceparent.startswith("00")):
        return None
    context = SpanContext(
        trace_id=int(match[1], 16),
        span_id=int(match[2], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(match[3], 16) & _KNOWN_FLAGS),
        trace_state=TraceState.from_header([tracestate]) if tracestate else None,
    )
    return context if context.is_valid else None


@contextmanager
def span(
    name: str,
    *,
    kind: Kind = "internal",
    traceparent: str | None = None,
    tracestate: str | None = None,
    stored_at: datetime | None = None,
    links: Sequence[str] = (),
    attributes: Attributes | None = None,
    expected: tuple[type[BaseException], ...] = (),
) -> Iterator[Span]:
    """Run the block in a span and make it the current one.

    With a `traceparent` the span continues that trace; without one it is a child of the current span, if any.
    `stored_at` is the machine time at which the row that carried the traceparent was written: work taken up later than
    15 minutes after it starts a new trace linked to the old one. `links` are traceparents. A malformed traceparent
    counts as none. An exception leaves its type and an error status, never its text, which may hold data; the
    exceptions in `expected` are answers (a refusal) and leave neither.
    """
    context, all_links = _parent(traceparent, tracestate, stored_at, links)
    current = _tracer.start_span(
        name, context=context, kind=_KINDS[kind], attributes=dict(attributes or {}), links=all_links
    )
    with trace.use_span(current, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield current
        except expected:
            raise
        except Exception as error:
            record_failure(current, error)
            raise


def record_failure(current: Span, error: BaseException) -> None:
    """Mark a span as failed by the type of the error alone."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    current.set_attribute(names.ERROR_TYPE, kind)
    current.add_event("exception", {"exception.type": kind})
    current.set_status(Status(StatusCode.ERROR, type(error).__name__))


def _parent(
    traceparent: str | None, tracestate: str | None, stored_at: datetime | None, links: Sequence[str]
) -> tuple[Context | None, list[Link]]:
    """The context to start in (None: the current one) and the links."""
    linked = [Link(context) for header in links if (context := remote_context(header)) is not None]
    remote = remote_context(traceparent, tracestate)
    if remote is None:
        return None, linked
    if stored_at is not None and datetime.now(UTC) - stored_at > SAME_TRACE_MAX:
        return Context(), [Link(remote), *linked]
    return trace.set_span_in_context(trace.NonRecordingSpan(remote), Context()), linked
