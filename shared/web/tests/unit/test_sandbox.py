"""In a sandbox business time can be moved, forward only, by who may override."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import TypeAlias

import httpx2
import pytest
from fastapi import FastAPI
from saldo_web import Authenticator, TokenSigner, create_app, sandbox_routes
from saldo_work import Actor, ActorKind, Json

Connect: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[httpx2.AsyncClient]]


class Time:
    present = datetime(2026, 1, 31, tzinfo=UTC)

    async def now(self) -> datetime:
        return self.present

    async def move_to(self, instant: datetime) -> None:
        if instant.year == 2028:  # as if somebody else had been faster
            raise ValueError("past")
        self.present = instant


class Rest:
    async def report(self) -> Mapping[str, Json]:
        return {"outbox": 0, "claims": {"open": 0}}


@pytest.fixture
async def sandbox(authenticator: Authenticator, connect: Connect) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(
        service="example",
        title="Example",
        version="1",
        description="",
        problems={},
        authenticator=authenticator,
        readiness=[],
        routers=[sandbox_routes(Time(), Rest())],
    )
    async with connect(app) as client:
        yield client


async def test_time_moves_forward_only(sandbox: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    assert (await sandbox.get("/v1/clock", headers=as_agent)).json() == {"now": "2026-01-31T00:00:00Z"}
    moved = await sandbox.put("/v1/clock", json={"now": "2026-02-28T01:00:00+01:00"}, headers=as_agent)
    assert (moved.status_code, moved.json()) == (200, {"now": "2026-02-28T00:00:00Z"})
    for past in ("2026-02-27T23:59:59Z", "2028-01-01T00:00:00Z"):
        back = await sandbox.put("/v1/clock", json={"now": past}, headers=as_agent)
        assert (back.status_code, back.json()["code"]) == (409, "clock-moves-forward-only")
        assert back.json()["now"] == "2026-02-28T00:00:00Z"


@pytest.mark.parametrize("now", [5, "tomorrow", "2026-03-01", "2026-03-01T00:00:00", "9999-12-31T23:59:59-12:00", None])
async def test_what_is_no_moment_is_refused(sandbox: httpx2.AsyncClient, as_agent: dict[str, str], now: object) -> None:
    assert (await sandbox.put("/v1/clock", json={"now": now}, headers=as_agent)).status_code == 422


async def test_rest_is_reported(sandbox: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    assert (await sandbox.get("/v1/quiescence", headers=as_agent)).json() == {"outbox": 0, "claims": {"open": 0}}


async def test_without_the_permission_time_stands(sandbox: httpx2.AsyncClient, signer: TokenSigner) -> None:
    headers = {"Authorization": signer.authorization(Actor(ActorKind.CUSTOMER, "u"))}
    assert (await sandbox.get("/v1/clock", headers=headers)).status_code == 403
    assert (await sandbox.get("/v1/quiescence")).status_code == 401


async def test_without_a_sandbox_the_doors_do_not_exist(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    assert (await client.get("/v1/clock", headers=as_agent)).status_code == 404
