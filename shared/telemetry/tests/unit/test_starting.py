"""A process has one telemetry, set by the standard variables."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from saldo_telemetry import counter, current_trace, is_sampled, span, start
from saldo_telemetry.receiver import Receiver


def test_spans_leave_for_the_endpoint_and_name_their_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with Receiver(tmp_path / "traces.db") as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
        telemetry = start("telemetry", "worker")
        with span("work", kind="server", attributes={"saldo.account_id": "a", "n": 3, "many": ["x", "y"]}):
            parent = current_trace()[0]
        counter("example.sent", "1", "Sent.").add()
        telemetry.shutdown()
        assert parent is not None
        (one,) = receiver.store.wait_for(parent.split("-")[1], bool)
    assert (one.service, one.name, one.kind, one.status) == ("saldo-telemetry", "work", "server", "unset")
    assert one.attributes == {"saldo.account_id": "a", "n": 3, "many": ["x", "y"]}


def exporting_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("Otel")]


def test_without_an_endpoint_or_with_exporter_none_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    telemetry = start("telemetry", "api")
    assert exporting_threads() == []
    telemetry.shutdown()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    telemetry = start("telemetry", "api")
    assert exporting_threads() == []
    telemetry.shutdown()


def test_one_signal_may_have_an_endpoint_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver(tmp_path / "traces.db") as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", receiver.address + "/v1/traces")
        telemetry = start("telemetry", "api")
        assert len(exporting_threads()) == 1
        telemetry.shutdown()


@pytest.mark.parametrize(("sampler", "kept"), [("parentbased_always_off", False), ("parentbased_always_on", True)])
def test_the_sampler_is_the_environments(monkeypatch: pytest.MonkeyPatch, sampler: str, kept: bool) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    telemetry = start("telemetry", "api", span_exporter=InMemorySpanExporter())
    with span("x"):
        assert is_sampled(current_trace()[0]) is kept
    with span("y", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        assert is_sampled(current_trace()[0])
    telemetry.shutdown()


def test_a_second_start_joins_the_first_and_the_last_shutdown_ends_it() -> None:
    first_spans, second_spans = InMemorySpanExporter(), InMemorySpanExporter()
    first = start("one", "api", span_exporter=first_spans)
    second = start("two", "api", span_exporter=second_spans)
    first.shutdown()
    first.shutdown()
    with span("x"):
        pass
    assert len(first_spans.get_finished_spans()) == len(second_spans.get_finished_spans()) == 1
    second.shutdown()
    with span("y"):
        assert current_trace() == (None, None)


def test_it_can_be_started_again() -> None:
    for _ in range(2):
        spans = InMemorySpanExporter()
        telemetry = start("telemetry", "api", span_exporter=spans)
        with span("x"):
            pass
        telemetry.shutdown()
        (one,) = spans.get_finished_spans()
        assert one.resource.attributes["service.name"] == "saldo-telemetry"
        assert one.resource.attributes["service.version"] == "0.1.0"
        assert one.resource.attributes["service.instance.id"]
        assert one.resource.attributes["saldo.process"] == "api"


def test_nothing_happens_at_import() -> None:
    code = (
        "import logging, threading, saldo_telemetry, saldo_telemetry.receiver\n"
        "from opentelemetry import trace\n"
        "assert not logging.getLogger().handlers and threading.active_count() == 1\n"
        "assert type(trace.get_tracer_provider()).__name__ == 'ProxyTracerProvider'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
