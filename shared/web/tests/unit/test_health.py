"""Live is answered always; ready only while every check holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

import httpx2
import pytest
from fastapi import FastAPI
from saldo_web import Authenticator, ReadinessCheck, create_app, health

Connect: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[httpx2.AsyncClient]]


async def holds() -> bool:
    return True


async def fails() -> bool:
    return False


async def breaks() -> bool:
    raise OSError("password=secret")


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


def checked(authenticator: Authenticator, *checks: ReadinessCheck) -> FastAPI:
    return create_app(
        service="example",
        title="Example",
        version="1",
        description="",
        problems={},
        authenticator=authenticator,
        readiness=checks,
        routers=[],
    )


async def test_ready_while_all_checks_hold(authenticator: Authenticator, connect: Connect) -> None:
    app = checked(authenticator, ReadinessCheck("database", holds), ReadinessCheck("topics", holds))
    async with connect(app) as client:
        assert (await client.get("/health/ready")).json() == {"status": "ready", "checks": ["database", "topics"]}
        assert (await client.get("/health/live")).json() == {"status": "live"}


async def test_the_failed_checks_are_named_and_nothing_more(
    authenticator: Authenticator, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.01)
    checks = [("database", holds), ("topics", fails), ("lag", breaks), ("relay", hangs)]
    app = checked(authenticator, *(ReadinessCheck(name, check) for name, check in checks))
    async with connect(app) as client:
        answer = await client.get("/health/ready")
        assert (await client.get("/health/live")).status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert answer.json()["failed"] == ["topics", "lag", "relay"]
    assert "secret" not in answer.text
