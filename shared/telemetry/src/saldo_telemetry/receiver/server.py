"""A small OTLP/HTTP receiver for developers and tests: takes spans in, shows traces; loopback only."""

from __future__ import annotations

import gzip
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from saldo_telemetry.receiver.reading import Reader, Refused, Shown, refusal
from saldo_telemetry.receiver.spans import read_export
from saldo_telemetry.receiver.store import SpanStore

LOOPBACK: Final = "127.0.0.1"
BODY_BYTES_MAX: Final = 32_000_000  # an SDK's batch is some hundred kilobytes
READ_TIMEOUT_SECONDS: Final = 30
_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})  # a page elsewhere must not read traces by rebinding its name
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


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
                raise Refused(404, "spans go to /v1/traces")
            self._send(Shown(b"", "application/x-protobuf"))
        except Refused as refused:
            self._send(refusal(refused))
        except ValueError as error:
            self._send(refusal(Refused(400, str(error))))

    def do_GET(self) -> None:  # the name http.server calls
        """Lists and single traces, as pages, JSON or text."""
        reader = Reader(self.spans)
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in _HOSTS:
            self._send(refusal(Refused(403, "loopback only")))
        else:
            self._send(reader.show(self.path))

    def log_message(self, format: str, *args: Any) -> None:  # as the class it overrides has it
        """Requests of the receiver are nobody's interest."""

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            raise Refused(411, "a Content-Length is needed")
        if int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            raise Refused(413, "too large")
        body = self.rfile.read(int(length))
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/x-protobuf":
            raise Refused(415, "OTLP in protobuf only (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)")
        encoding = self.headers.get("Content-Encoding", "identity")
        if encoding == "gzip":
            return _unzipped(body)
        if encoding != "identity":
            raise Refused(415, "gzip or nothing")
        return body

    def _send(self, shown: Shown) -> None:
        self.send_response(shown.status)
        headers = {"Content-Type": shown.content_type, "Content-Length": str(len(shown.body)), **_HEADERS}
        if shown.location is not None:
            headers["Location"] = shown.location
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(shown.body)


def _unzipped(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            plain = file.read(BODY_BYTES_MAX + 1)
    except (OSError, EOFError) as error:
        raise Refused(400, "not gzip") from error
    if len(plain) > BODY_BYTES_MAX:
        raise Refused(413, "too large")
    return plain
