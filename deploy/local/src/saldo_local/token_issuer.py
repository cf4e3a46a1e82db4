"""The process that serves the public half of the development signing key."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from saldo_local.ports import LOOPBACK
from saldo_local.ready_file import tell_ready
from saldo_local.tokens import ALGORITHM, JWKS_FILE, JWKS_ROUTE, KEY_FILE, TokenIssuer, make_key, public_keys


def serve(data: Path, *, port: int, ready_file: Path | None) -> None:
    """Until it is stopped. Makes a key where there is none yet."""
    data.mkdir(parents=True, exist_ok=True)
    if not (data / KEY_FILE).exists():
        make_key(data / KEY_FILE)
    pages: dict[str, str] = {}
    server = ThreadingHTTPServer((LOOPBACK, port), _handler(pages))
    issuer = TokenIssuer.load(data / KEY_FILE, f"http://{LOOPBACK}:{server.server_port}")
    pages[JWKS_ROUTE] = public_keys(issuer.key)
    pages["/.well-known/openid-configuration"] = _discovery(issuer)
    (data / JWKS_FILE).write_text(pages[JWKS_ROUTE])
    tell_ready(
        ready_file,
        issuer=issuer.issuer,
        jwks_url=issuer.issuer + JWKS_ROUTE,
        jwks_path=str(data / JWKS_FILE),
    )
    server.serve_forever()


def _discovery(issuer: TokenIssuer) -> str:
    return json.dumps(
        {
            "issuer": issuer.issuer,
            "jwks_uri": issuer.issuer + JWKS_ROUTE,
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
    )


def _handler(pages: dict[str, str]) -> Callable[..., BaseHTTPRequestHandler]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(HTTPStatus.OK if body else HTTPStatus.NOT_FOUND)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write((body or "{}").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: every service asks for the keys again and again."""

    return Pages
