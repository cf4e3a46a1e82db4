"""The trace reader: takes spans in over OTLP/HTTP, keeps them in SQLite, and shows traces to people and tests."""

from saldo_telemetry.receiver.question import Question, TraceSummary
from saldo_telemetry.receiver.server import Receiver
from saldo_telemetry.receiver.spans import SpanEvent, StoredSpan
from saldo_telemetry.receiver.store import SpanStore
from saldo_telemetry.receiver.tree import render_tree

__all__ = ["Question", "Receiver", "SpanEvent", "SpanStore", "StoredSpan", "TraceSummary", "render_tree"]
