"""No route is open by default."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeAlias

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from saldo_contracts.permissions import Permission
from saldo_web import Authenticator, CurrentActor, JwksFile, OnDenied, Public, SecuredRouter, TokenSigner, create_app
from saldo_work import Actor, ActorKind
from starlette.responses import PlainTextResponse

Connect: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[httpx2.AsyncClient]]
PAYMENTS = "/v1/accounts/0190b0a0-0000-7000-8000-00000000000a/payments"
NOBODY = Actor(ActorKind.CUSTOMER, "u1", sellers=frozenset({"s"}), accounts=frozenset({"a"}))


def made(authenticator: Authenticator, *routers: SecuredRouter, on_denied: OnDenied | None = None) -> FastAPI:
    return create_app(
        service="example",
        title="Example",
        version="1",
        description="",
        problems={},
        authenticator=authenticator,
        readiness=[],
        routers=routers,
        on_denied=on_denied,
    )


def test_a_route_without_access_is_refused_at_wiring() -> None:
    router = SecuredRouter()
    with pytest.raises(TypeError, match="permission"):
        router.get("/x")  # type: ignore[call-arg]  # what is being tested
    for wrong in (None, "payment_methods:view", True):
        with pytest.raises(TypeError, match="names no permission"):
            router.get("/x", permission=wrong)  # type: ignore[arg-type]  # what is being tested
    with pytest.raises(ValueError, match="why it is open"):
        Public(" ")


def test_a_plain_router_is_refused(authenticator: Authenticator) -> None:
    with pytest.raises(TypeError, match="stand open"):
        made(authenticator, APIRouter())  # type: ignore[arg-type]  # what is being tested


def test_a_plain_route_smuggled_into_a_router_is_refused(authenticator: Authenticator) -> None:
    plain = APIRouter()

    @plain.get("/x")
    async def x() -> None: ...

    router = SecuredRouter()
    router.routes.extend(plain.routes)  # type: ignore[arg-type]  # what is being tested
    with pytest.raises(TypeError, match="no declared access"):
        made(authenticator, router)


def test_a_finished_app_takes_no_more_routes(app: FastAPI) -> None:
    async def x() -> None: ...

    plain = APIRouter()
    plain.get("/x")(x)
    for add in (
        lambda: app.get("/x")(x),
        lambda: app.include_router(plain),
        lambda: app.mount("/x", PlainTextResponse("x")),
        lambda: app.add_route("/x", x),  # type: ignore[arg-type]  # what is being tested
        lambda: app.add_api_websocket_route("/x", x),
    ):
        with pytest.raises(TypeError, match="SecuredRouter"):
            add()


def test_a_public_route_has_no_current_actor() -> None:
    router = SecuredRouter()

    async def endpoint(actor: CurrentActor) -> None: ...

    with pytest.raises(TypeError, match="no current actor"):
        router.get("/x", permission=Public("an example"))(endpoint)


def test_a_route_or_a_name_declared_twice_is_refused(authenticator: Authenticator) -> None:
    router = SecuredRouter()

    async def first() -> None: ...

    async def second() -> None: ...

    router.get("/x", permission=Permission.QUOTES_VIEW)(first)
    router.get("/x", permission=Permission.QUOTES_VIEW)(second)
    with pytest.raises(ValueError, match="GET /x"):
        made(authenticator, router)
    other = SecuredRouter()
    other.get("/y", permission=Permission.QUOTES_VIEW)(first)
    other.get("/z", permission=Permission.QUOTES_VIEW)(first)
    with pytest.raises(ValueError, match="first"):
        made(authenticator, other)


async def test_without_a_token_nobody_comes_in_whatever_is_sent(client: httpx2.AsyncClient) -> None:
    for content in (b"{}", b"{", b"x" * 2_000_000):
        answer = await client.post(PAYMENTS, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token-missing")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_public_door_asks_nobody(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{PAYMENTS}/open", content=b"abc", headers={"Authorization": "Bearer rubbish"})
    assert (answer.status_code, answer.json()) == (200, {"bytes": 3})


async def test_a_missing_permission_is_named_and_announced(
    router: SecuredRouter, authenticator: Authenticator, signer: TokenSigner, connect: Connect
) -> None:
    denied: list[tuple[Actor, Permission, str]] = []

    async def announce(actor: Actor, permission: Permission, route: str) -> None:
        denied.append((actor, permission, route))

    async with connect(made(authenticator, router, on_denied=announce)) as client:
        answer = await client.get(PAYMENTS, headers={"Authorization": signer.authorization(NOBODY)})
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission-missing"
    assert answer.json()["permission"] == "payment_methods:view"
    assert denied == [(NOBODY, Permission.PAYMENT_METHODS_VIEW, "GET /v1/accounts/{account_id}/payments")]


async def test_a_refusal_stands_even_if_it_cannot_be_announced(
    router: SecuredRouter, authenticator: Authenticator, signer: TokenSigner, connect: Connect
) -> None:
    async def announce(actor: Actor, permission: Permission, route: str) -> None:
        raise OSError

    async with connect(made(authenticator, router, on_denied=announce)) as client:
        answer = await client.get(PAYMENTS, headers={"Authorization": signer.authorization(NOBODY)})
    assert answer.status_code == 403


async def test_keys_that_cannot_be_had_are_answered_503(router: SecuredRouter, connect: Connect) -> None:

    authenticator = Authenticator(JwksFile(Path("/nonexistent/jwks.json")), issuer="i")
    signer = TokenSigner.with_new_key(issuer="i")
    async with connect(made(authenticator, router)) as client:
        answer = await client.get(PAYMENTS, headers={"Authorization": signer.authorization(NOBODY)})
    assert (answer.status_code, answer.json()["code"]) == (503, "try-again")
    assert int(answer.headers["Retry-After"]) > 0
