"""Where the services of a test send their metrics: takes OTLP/HTTP on loopback and remembers what was told."""

from __future__ import annotations

import gzip
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

TOLD_SECONDS_MAX = 30.0

Process = tuple[str, str]
"""service and part: ("payments", "worker")"""


@dataclass(slots=True)
class Told:
    """One metric of one process; `points` are the attributes of its series with the last value."""

    kind: str
    unit: str
    points: dict[tuple[tuple[str, str], ...], float] = field(default_factory=dict)

    def value(self, **wanted: str) -> float:
        """The sum of the series with these attributes; `saldo_loop` stands for `saldo.loop`."""
        asked = {(name.replace("_", "."), value) for name, value in wanted.items()}
        return sum(value for about, value in self.points.items() if asked <= set(about))


class MetricsSink:
    """`with MetricsSink() as sink:`; give `sink.endpoint` to the processes."""

    def __init__(self) -> None:
        self.told: dict[Process, dict[str, Told]] = defaultdict(dict)
        self._changed = threading.Condition()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # the name http.server calls
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Not of interest."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}/v1/metrics"

    def __enter__(self) -> MetricsSink:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes) -> None:
        """One export of one process."""
        request = ExportMetricsServiceRequest()
        request.ParseFromString(body)
        with self._changed:
            for resource_metrics in request.resource_metrics:
                about = dict(_attributes(resource_metrics.resource.attributes))
                process = (about["service.name"].removeprefix("saldo-"), about["saldo.process"])
                for scope in resource_metrics.scope_metrics:
                    for metric in scope.metrics:
                        self._keep(process, metric)
            self._changed.notify_all()

    def wait_for(self, complete: Callable[[dict[Process, dict[str, Told]]], Sequence[str]]) -> None:
        """Wait until nothing is missing; fails with what `complete` still names."""
        deadline = time.monotonic() + TOLD_SECONDS_MAX
        with self._changed:
            while missing := complete(self.told):
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError(f"not told in {TOLD_SECONDS_MAX} s: {missing}")

    def _keep(self, process: Process, metric: Metric) -> None:
        kind, points = _read(metric)
        told = self.told[process].setdefault(metric.name, Told(kind, metric.unit))
        for about, value in points:
            told.points[about] = value


def _read(metric: Metric) -> tuple[str, Iterator[tuple[tuple[tuple[str, str], ...], float]]]:
    match metric.WhichOneof("data"):
        case "sum":
            return "counter", ((_key(p.attributes), p.as_int or p.as_double) for p in metric.sum.data_points)
        case "gauge":
            return "gauge", ((_key(p.attributes), p.as_int or p.as_double) for p in metric.gauge.data_points)
        case "histogram":
            return "histogram", ((_key(p.attributes), float(p.count)) for p in metric.histogram.data_points)
        case other:
            raise AssertionError(f"{metric.name} is a {other}")


def _key(pairs: Sequence[KeyValue]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(_attributes(pairs)))


def _attributes(pairs: Sequence[KeyValue]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        kind = pair.value.WhichOneof("value")
        yield pair.key, str(getattr(pair.value, kind)) if kind else ""
