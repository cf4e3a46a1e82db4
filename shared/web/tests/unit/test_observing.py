"""Every request leaves a span, a line and a duration, and no personal data in any of them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Protocol

import httpx2
import pytest
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from saldo_telemetry import start
from saldo_work import Cause, RequestKey

PAYMENTS = "/v1/accounts/0190b0a0-0000-7000-8000-00000000000a/payments"
ROUTE = "/v1/accounts/{account_id}/payments"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Recorded(Protocol):
    asked: list[tuple[object, Cause, RequestKey | None]]


class Seen:
    def __init__(self) -> None:
        self.spans = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.stream = io.StringIO()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def seen() -> Iterator[Seen]:
    made = Seen()
    telemetry = start("example", "api", span_exporter=made.spans, metric_reader=made.reader, log_stream=made.stream)
    yield made
    telemetry.shutdown()


async def test_the_span_continues_the_callers_trace_and_names_the_route(
    client: httpx2.AsyncClient, seen: Seen, commands: Recorded, as_agent: dict[str, str], payment: dict[str, object]
) -> None:
    headers = {**as_agent, "traceparent": PARENT, "tracestate": "a=b"}
    await client.post(PAYMENTS + "?secret=1", json=payment, headers=headers)
    (span,) = seen.spans.get_finished_spans()
    assert (span.name, span.kind) == (f"POST {ROUTE}", SpanKind.SERVER)
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    assert span.attributes is not None
    assert span.attributes["http.route"] == ROUTE
    assert span.attributes["http.response.status_code"] == 202
    assert span.attributes["saldo.actor"] == "agent:agent-1"
    assert span.attributes["saldo.account_id"] == "0190b0a0-0000-7000-8000-00000000000a"
    assert "secret" not in span.to_json()
    cause = commands.asked[0][1]
    assert span.context is not None
    assert cause.traceparent == f"00-0af7651916cd43dd8448eb211c80319c-{span.context.span_id:016x}-01"
    assert cause.tracestate == "a=b"


@pytest.mark.parametrize("parent", ["", "rubbish", "00-" + "0" * 32 + "-b7ad6b7169203331-01", PARENT.upper(), "é"])
async def test_a_malformed_parent_starts_a_new_trace(client: httpx2.AsyncClient, seen: Seen, parent: str) -> None:
    answer = await client.get(PAYMENTS, headers={b"traceparent": parent.encode("utf-8")})
    assert answer.status_code == 401
    (span,) = seen.spans.get_finished_spans()
    assert span.parent is None


async def test_the_line_names_the_route_and_not_the_query(
    client: httpx2.AsyncClient, seen: Seen, as_agent: dict[str, str]
) -> None:
    await client.get(PAYMENTS + "?after=secret", headers=as_agent)
    (line,) = [line for line in seen.lines() if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"], line["actor"]) == ("GET", ROUTE, 422, "agent:agent-1")
    assert line["trace_id"]
    assert "secret" not in seen.stream.getvalue()


async def test_a_defect_is_an_error_of_the_span_and_a_line_with_its_place(
    client: httpx2.AsyncClient, seen: Seen, as_agent: dict[str, str]
) -> None:
    await client.delete(f"{PAYMENTS}/broken", headers=as_agent)
    (span,) = seen.spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "builtins.KeyError"
    (line,) = [line for line in seen.lines() if line["level"] == "error"]
    assert "broken_door" in str(line["exception"])
    assert "4111" not in seen.stream.getvalue() and "4111" not in span.to_json()


async def test_a_refusal_is_no_error_of_the_span(client: httpx2.AsyncClient, seen: Seen) -> None:
    await client.get(PAYMENTS)
    assert seen.spans.get_finished_spans()[0].status.status_code is StatusCode.UNSET


async def test_durations_are_measured_by_route(client: httpx2.AsyncClient, seen: Seen) -> None:
    await client.get(PAYMENTS)
    data = seen.reader.get_metrics_data()
    assert data is not None
    metrics = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    metric = metrics["http.server.request.duration"]
    assert metric.unit == "s"
    (point,) = metric.data.data_points
    assert isinstance(point, HistogramDataPoint)
    assert point.attributes == {
        "http.request.method": "GET",
        "http.route": ROUTE,
        "http.response.status_code": 401,
        "url.scheme": "http",
    }


async def test_what_is_no_id_never_becomes_an_attribute(client: httpx2.AsyncClient, seen: Seen) -> None:
    await client.get("/v1/accounts/ada@example.org/payments")
    assert "ada@" not in seen.spans.get_finished_spans()[0].to_json()


async def test_a_defect_is_counted_as_an_error(
    client: httpx2.AsyncClient, seen: Seen, as_agent: dict[str, str]
) -> None:
    await client.delete(f"{PAYMENTS}/broken", headers=as_agent)
    data = seen.reader.get_metrics_data()
    assert data is not None
    metrics = {m.name: m for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics}
    (point,) = metrics["http.server.request.duration"].data.data_points
    assert point.attributes is not None
    assert point.attributes["error.type"] == "500"


async def test_health_leaves_no_trace(client: httpx2.AsyncClient, seen: Seen) -> None:
    await client.get("/health/live")
    assert seen.spans.get_finished_spans() == ()
    assert seen.lines() == []
