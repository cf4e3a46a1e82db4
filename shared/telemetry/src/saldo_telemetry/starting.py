"""Starts traces, metrics and logs of a process; everything is set by the standard `OTEL_*` variables."""

from __future__ import annotations

import os
import threading
import uuid
from dataclasses import dataclass, field
from importlib import metadata
from typing import Final, TextIO

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter

from saldo_telemetry import logs, metrics, tracing
from saldo_telemetry.attributes import PROCESS

FLUSH_TIMEOUT_MILLISECONDS: Final = 5_000  # a receiver that is gone must not hold up a rolling deploy


@dataclass(slots=True)
class _Running:
    traces: TracerProvider
    metrics: MeterProvider
    counts: bool
    holders: int = 0


_lock: Final = threading.Lock()
_running: _Running | None = None


@dataclass(slots=True)
class Telemetry:
    """A hold on the process's telemetry; the last hold that is shut down flushes and stops it."""

    _released: bool = field(default=False, repr=False)

    def flush(self) -> None:
        """Send what was recorded so far; blocks at most five seconds."""
        if _running is not None:
            _running.traces.force_flush(FLUSH_TIMEOUT_MILLISECONDS)

    def shutdown(self) -> None:
        """Let go; a second call does nothing. Flushing blocks for seconds: in a live loop run it in a thread."""
        global _running
        with _lock:
            if self._released or _running is None:
                return
            self._released = True
            _running.holders -= 1
            if _running.holders > 0:
                return
            stopped, _running = _running, None
            tracing.use_tracer(None)
            metrics.use_meter(None)
        stopped.traces.shutdown()
        stopped.metrics.shutdown(timeout_millis=FLUSH_TIMEOUT_MILLISECONDS)


def start(
    service: str,
    process: str,
    *,
    span_exporter: SpanExporter | None = None,
    metric_reader: MetricReader | None = None,
    log_level: str = "INFO",
    log_stream: TextIO | None = None,
) -> Telemetry:
    """Start telemetry of `saldo-<service>`; `process` is its part (`api`, `worker`, `serve`).

    Spans and metrics leave by OTLP/HTTP where `OTEL_EXPORTER_OTLP_ENDPOINT` (or the variable of the signal) is set, and
    nowhere otherwise. `OTEL_TRACES_SAMPLER`, `OTEL_SDK_DISABLED`, `OTEL_RESOURCE_ATTRIBUTES` and the like hold. A
    process has one telemetry: a second start adds its `span_exporter` to what runs, the resource stays the first one's.
    """
    global _running
    with _lock:
        if _running is None:
            _running = _build(service, process, metric_reader)
            logs.configure(service, process, level=log_level, stream=log_stream)
            tracing.use_tracer(_running.traces.get_tracer("saldo"))
            # Where nobody collects, instruments do nothing at all instead of nearly nothing.
            metrics.use_meter(_running.metrics.get_meter("saldo") if _running.counts else None)
        if span_exporter is not None:
            _running.traces.add_span_processor(SimpleSpanProcessor(span_exporter))
        _running.holders += 1
    return Telemetry()


def _build(service: str, process: str, metric_reader: MetricReader | None) -> _Running:
    resource = _resource(service, process)
    traces = TracerProvider(resource=resource, shutdown_on_exit=False)
    if _exports("TRACES"):
        traces.add_span_processor(BatchSpanProcessor(_span_exporter()))
    readers = [metric_reader] if metric_reader is not None else []
    if _exports("METRICS"):
        readers.append(PeriodicExportingMetricReader(_metric_exporter()))
    meters = MeterProvider(metric_readers=readers, resource=resource, shutdown_on_exit=False)
    if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(traces)  # for instrumentation of libraries; OpenTelemetry allows it once a process
    return _Running(traces, meters, counts=bool(readers))


def _span_exporter() -> SpanExporter:
    """Imported here: with its HTTP client it costs a start 50 ms, which most tests and commands need not pay."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


def _metric_exporter() -> MetricExporter:
    """As above."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

    return OTLPMetricExporter()


def _resource(service: str, process: str) -> Resource:
    name = f"saldo-{service}"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        version = "0"
    return Resource.create(
        {
            "service.namespace": "saldo",
            "service.name": name,
            "service.version": version,
            "service.instance.id": str(uuid.uuid4()),
            PROCESS: process,
        }
    )


def _exports(signal: str) -> bool:
    if os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp").strip().lower() != "otlp":
        return False
    return any(os.environ.get(f"OTEL_EXPORTER_OTLP_{part}ENDPOINT") for part in ("", f"{signal}_"))
