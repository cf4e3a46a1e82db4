"""A finished span as the receiver keeps it, read from OTLP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from saldo_telemetry.attributes import PROCESS

Value: TypeAlias = "str | bool | int | float | Sequence[Value] | Mapping[str, Value] | None"

NANOSECONDS_MAX: Final = 2**63 - 1  # SQLite's integers; OTLP's are unsigned
TEXT_CHARACTERS_MAX: Final = 4_000  # of one value; nothing of ours comes near, and a page must stay readable
ATTRIBUTES_MAX: Final = 128  # of one span or event, as the SDK's own default
EVENTS_MAX: Final = 128  # of one span, as the SDK's own default
LINKS_MAX: Final = 128  # of one span, as the SDK's own default
_KINDS: Final = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES: Final = ("unset", "ok", "error")


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened at one moment inside a span."""

    name: str
    at_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """Ids are hexadecimal; times are nanoseconds since 1970 of machine time; `process` is the service's part."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    name: str
    kind: str
    started_ns: int
    ended_ns: int
    status: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    process: str = ""
    events: tuple[SpanEvent, ...] = ()

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.ended_ns - self.started_ns) / 1_000_000


def read_export(body: bytes) -> list[StoredSpan]:
    """The spans of an OTLP export request in protobuf; raises ValueError for anything else."""
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except Exception as error:  # protobuf's own error class comes without types
        raise ValueError("not an export of spans") from error
    return list(_spans(request))


def _spans(request: ExportTraceServiceRequest) -> Iterator[StoredSpan]:
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        service = str(resource.get("service.name", "unknown"))
        process = str(resource.get(PROCESS, ""))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield _span(span, service, process)


def _span(span: trace_pb2.Span, service: str, process: str) -> StoredSpan:
    return StoredSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        service=service,
        name=span.name,
        kind=_KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else _KINDS[0],
        started_ns=min(span.start_time_unix_nano, NANOSECONDS_MAX),
        ended_ns=min(max(span.end_time_unix_nano, span.start_time_unix_nano), NANOSECONDS_MAX),
        status=_STATUSES[span.status.code] if 0 <= span.status.code < len(_STATUSES) else _STATUSES[0],
        attributes=_attributes(span.attributes),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links[:LINKS_MAX]),
        process=process,
        events=tuple(
            SpanEvent(event.name, min(event.time_unix_nano, NANOSECONDS_MAX), _attributes(event.attributes))
            for event in span.events[:EVENTS_MAX]
        ),
    )


def _attributes(pairs: Sequence[KeyValue]) -> dict[str, Value]:
    return {pair.key: _value(pair.value) for pair in pairs[:ATTRIBUTES_MAX]}


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    if kind is None:
        return None
    plain: Value = getattr(value, kind)
    return plain[:TEXT_CHARACTERS_MAX] if isinstance(plain, str) else plain


def to_json(span: StoredSpan) -> dict[str, Value]:
    """The span as the receiver tells it."""
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "service": span.service,
        "process": span.process,
        "name": span.name,
        "kind": span.kind,
        "started_ns": span.started_ns,
        "duration_ms": round(span.milliseconds, 3),
        "status": span.status,
        "attributes": dict(span.attributes),
        "links": [{"trace_id": trace_id, "span_id": span_id} for trace_id, span_id in span.links],
        "events": [
            {"name": event.name, "at_ns": event.at_ns, "attributes": dict(event.attributes)} for event in span.events
        ],
    }
