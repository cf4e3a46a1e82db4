"""Traces, metrics and logs: one start() and our attribute names."""

from saldo_telemetry.logs import Log, logger
from saldo_telemetry.metrics import Counter, Gauge, Histogram, Reading, counter, gauge, histogram
from saldo_telemetry.starting import Telemetry, start
from saldo_telemetry.tracing import Attributes, Kind, current_trace, is_sampled, record_failure, span

__all__ = [
    "Attributes",
    "Counter",
    "Gauge",
    "Histogram",
    "Kind",
    "Log",
    "Reading",
    "Telemetry",
    "counter",
    "current_trace",
    "gauge",
    "histogram",
    "is_sampled",
    "logger",
    "record_failure",
    "span",
    "start",
]
