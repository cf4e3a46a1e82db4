"""A small OTLP/HTTP receiver for developers and tests: takes spans in, shows traces; loopback only."""

from __future__ import annotations

import gzip
import io
import json
import re
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from saldo_telemetry.receiver.pages import trace_page, traces_page
from saldo_telemetry.receiver.spans import Value, read_export, to_json
from saldo_telemetry.receiver.store import SpanStore, TraceSummary
from saldo_telemetry.receiver.tree import Node, grow, render_tree

LOOPBACK: Final = "127.0.0.1"
BODY_BYTES_MAX: Final = 32_000_000  # an SDK's batch is some hundred kilobytes
READ_TIMEOUT_SECONDS: Final = 30
_TRACE_ID: Final = r"([0-9a-f]{32})"
_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})  # a page elsewhere must not read traces by rebinding its name


class Receiver:
    """A running receiver; use it as a context manager, or `stop` it.

    Port 0 lets the system choose. Give `address` to a process as `OTEL_EXPORTER_OTLP_ENDPOINT`.
    """

    def __init__(self, file: Path, *, port: int = 0) -> None:
        self.store: Final = SpanStore(file)
        store = self.store

        class BoundHandler(_Handler):
            spans = store

        self._server = ThreadingHTTPServer((LOOPBACK, port), BoundHandler)
        self.port: Final = int(self._server.server_address[1])
        self.address: Final = f"http://{LOOPBACK}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="trace receiver", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until somebody stops it."""
        self._thread.join()

    def stop(self) -> None:
        """Stop taking spans and close the file."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.store.close()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    spans: SpanStore
    protocol_version = "HTTP/1.1"
    timeout = READ_TIMEOUT_SECONDS

    def do_POST(self) -> None:  # the name http.server calls
        """`/v1/traces` is kept; `/v1/metrics` and `/v1/logs` are taken and dropped, so that no SDK retries them."""
        try:
            body = self._body()
            if self.path == "/v1/traces":
                self.spans.add(read_export(body))
            elif self.path not in ("/v1/metrics", "/v1/logs"):
                raise _Refused(404, "spans go to /v1/traces")
            self._send(200, "application/x-protobuf", b"")
        except _Refused as refused:
            self._refuse(refused.status, str(refused))
        except ValueError as error:
            self._refuse(400, str(error))

    def do_GET(self) -> None:  # the name http.server calls
        """Lists and single traces, as JSON, text or pages."""
        try:
            if self.headers.get("Host", "").rsplit(":", 1)[0] not in _HOSTS:
                raise _Refused(403, "loopback only")
            self._show()
        except _Refused as refused:
            self._refuse(refused.status, str(refused))

    def log_message(self, format: str, *args: Any) -> None:  # as the class it overrides has it
        """Requests of the receiver are nobody's interest."""

    def _show(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        service = asked.get("service")
        if parts.path == "/":
            self._send_html(traces_page(self.spans.traces(service=service), self.spans.services(), service))
        elif parts.path == "/traces":
            traces = self.spans.traces(since_ns=_since(asked), service=service, limit=_limit(asked))
            self._send_json({"traces": [_summary(trace) for trace in traces]})
        elif match := re.fullmatch(f"/trace/{_TRACE_ID}", parts.path):
            spans = self.spans.trace(match[1]) or _unknown()
            self._send_html(trace_page(match[1], spans, self.spans.linking_to(match[1])))
        elif match := re.fullmatch(f"/traces/{_TRACE_ID}", parts.path):
            spans = self.spans.trace(match[1]) or _unknown()
            if asked.get("format") == "text":
                self._send(200, "text/plain; charset=utf-8", (render_tree(spans) + "\n").encode())
            else:
                later: list[Value] = list(self.spans.linking_to(match[1]))
                self._send_json({"trace_id": match[1], "spans": _nested(grow(spans)), "continued_in": later})
        else:
            raise _Refused(404, "try /, /traces or /traces/{trace_id}")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise _Refused(411, "a Content-Length is needed")
        if int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            raise _Refused(413, "too large")
        body = self.rfile.read(int(length))
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/x-protobuf":
            raise _Refused(415, "OTLP in protobuf only (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)")
        encoding = self.headers.get("Content-Encoding", "identity")
        if encoding == "gzip":
            return _unzipped(body)
        if encoding != "identity":
            raise _Refused(415, "gzip or nothing")
        return body

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.end_headers()
        self.wfile.write(body)

    def _send_html(self, page: str) -> None:
        self._send(200, "text/html; charset=utf-8", page.encode())

    def _send_json(self, document: Value) -> None:
        self._send(200, "application/json", json.dumps(document).encode())

    def _refuse(self, status: int, detail: str) -> None:
        problem = {"type": "about:blank", "status": status, "detail": detail}
        self._send(status, "application/problem+json", json.dumps(problem).encode())


def _unzipped(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            plain = file.read(BODY_BYTES_MAX + 1)
    except (OSError, EOFError) as error:
        raise _Refused(400, "not gzip") from error
    if len(plain) > BODY_BYTES_MAX:
        raise _Refused(413, "too large")
    return plain


def _unknown() -> Any:
    raise _Refused(404, "no span of this trace has arrived")


def _since(asked: dict[str, str]) -> int:
    try:
        moment = datetime.fromisoformat(asked["since"]) if "since" in asked else datetime.fromtimestamp(0, UTC)
    except ValueError:
        raise _Refused(400, "since is an ISO 8601 moment") from None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1_000_000_000)


def _limit(asked: dict[str, str]) -> int:
    if not asked.get("limit", "100").isdigit():
        raise _Refused(400, "limit is a number")
    return int(asked.get("limit", "100"))


def _summary(trace: TraceSummary) -> Value:
    return {
        "trace_id": trace.trace_id,
        "name": trace.name,
        "services": list(trace.services),
        "started_at": datetime.fromtimestamp(trace.started_ns / 1_000_000_000, UTC).isoformat(),
        "duration_ms": round(trace.milliseconds, 3),
        "spans": trace.spans,
        "errors": trace.errors,
    }


def _nested(nodes: Sequence[Node]) -> list[Value]:
    return [{**to_json(node.span), "children": _nested(node.children)} for node in nodes]
