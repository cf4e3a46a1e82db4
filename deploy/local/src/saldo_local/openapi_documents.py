"""Each service's OpenAPI document: written beside the service, committed, and checked to be fresh."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from saldo_local.suite import SERVICES

COMMAND_SECONDS_MAX = 60.0
# Wiring reads settings; nothing of these is ever contacted to print a document.
PLACEHOLDERS: Mapping[str, str] = {
    "DATABASE_DSN": "postgresql://nobody@127.0.0.1:1/none",
    "KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "TOKEN_ISSUER": "http://127.0.0.1:1",
    "TOKEN_JWKS_URL": "http://127.0.0.1:1/jwks.json",
    "STRIPE_API_KEY": "sk_test_none",
    "SMTP_HOST": "127.0.0.1",
    "ADDRESS_FINGERPRINT_KEY": "for-printing-a-document-only-0000",
}


def document_of(service: str) -> str:
    """The document as the service prints it, JSON. Raises RuntimeError with the service's own words."""
    environment = {f"{service.upper()}_{name}": value for name, value in PLACEHOLDERS.items()}
    ended = subprocess.run(  # noqa: S603  the command is ours
        [sys.executable, "-m", f"saldo_{service}", "openapi"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{service} printed no OpenAPI document:\n{ended.stderr[-2000:]}")
    return ended.stdout


def run(action: str, root: Path) -> int:
    """`write` all, or `check` them; returns the exit code and names what is stale."""
    stale = []
    for service in SERVICES:
        path = root / "services" / service / "openapi.json"
        document = document_of(service)
        if action == "write":
            path.write_text(document)
        elif not path.exists() or path.read_text() != document:
            stale.append(str(path.relative_to(root)))
    for name in stale:
        print(f"{name} is stale: run `python -m saldo_local openapi write`", file=sys.stderr)
    return 1 if stale else 0
