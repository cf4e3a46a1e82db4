"""Servers for the adapters of this service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.notifications.tests.strict_server import StrictServer, certificate


@pytest.fixture
async def server() -> AsyncIterator[StrictServer]:
    """Without TLS; counts its connections."""
    started = StrictServer()
    await started.start()
    yield started
    await started.stop()


@pytest.fixture
async def secure_server(tmp_path: Path) -> AsyncIterator[StrictServer]:
    """Asks for STARTTLS, then for the password of `saldo`."""
    pem, tls = certificate(tmp_path)
    started = StrictServer(certificate=pem)
    await started.start(tls)
    yield started
    await started.stop()
