"""An example API with every kind of door, and callers to knock at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol
from uuid import UUID

import httpx2
import pytest
from fastapi import Depends, FastAPI, Request
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Amount
from saldo_web import (
    Authenticator,
    CurrentActor,
    Day,
    Int64,
    JwksDocument,
    Moment,
    PageOf,
    PageRequest,
    PathId,
    Public,
    RequestBody,
    SecuredRouter,
    Text,
    TokenSigner,
    create_app,
    page,
    page_request,
    run,
)
from saldo_work import Actor, ActorKind, Answered, Cause, NotFound, RequestKey
from starlette.responses import JSONResponse

ACCOUNT = "0190b0a0-0000-7000-8000-00000000000a"
PAYMENTS = f"/v1/accounts/{ACCOUNT}/payments"
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


class PaymentBody(RequestBody):
    amount: Amount
    note: Annotated[str, Text(40)]
    quantity: Int64 = 1
    at: Moment | None = None
    on: Day | None = None


class PaymentView(RequestBody):
    number: int


@dataclass(frozen=True, slots=True)
class RequestPayment:
    account_id: str
    body: PaymentBody


@dataclass
class RecordingCommands:
    """Answers what the test wants, and keeps what it was asked."""

    answer: Callable[[], Answered] = lambda: Answered({"payment_id": "p", "_version": "payments/payment/3"}, False)
    asked: list[tuple[object, Cause, RequestKey | None]] = field(default_factory=list)

    async def run(self, command: object, cause: Cause, *, request_key: RequestKey | None = None) -> Answered:
        self.asked.append((command, cause, request_key))
        return self.answer()


class Connect(Protocol):
    def __call__(self, app: FastAPI) -> AbstractAsyncContextManager[httpx2.AsyncClient]: ...


@pytest.fixture
def commands() -> RecordingCommands:
    return RecordingCommands()


@pytest.fixture
def router(commands: RecordingCommands) -> SecuredRouter:
    made = SecuredRouter(prefix="/v1/accounts/{account_id}/payments", tags=["payments"])

    @made.post(
        "",
        permission=Permission.PAYMENT_METHODS_MANAGE,
        status_code=202,
        idempotency="required",
        refusals=["card-declined"],
    )
    async def request_payment(
        account_id: PathId, body: PaymentBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        return await run(commands, RequestPayment(account_id, body), request, actor, status=202)

    @made.get("", permission=Permission.PAYMENT_METHODS_VIEW, response_model=PageOf[PaymentView])
    async def list_payments(
        account_id: PathId, asked: Annotated[PageRequest, Depends(page_request(datetime, int, UUID, str))]
    ) -> JSONResponse:
        first = 0 if asked.after is None else asked.after[1]
        assert isinstance(first, int)
        rows = list(range(first + 1, 121))[: asked.fetch]
        return JSONResponse(
            page(
                rows,
                asked,
                item=lambda number: {"number": number},
                cursor=lambda number: (FIRST_DAY + timedelta(days=number), number, UUID(account_id), "x"),
            )
        )

    @made.get("/{payment_id}", permission=Permission.PAYMENT_METHODS_VIEW)
    async def read_payment(account_id: PathId, payment_id: PathId) -> JSONResponse:
        raise NotFound(f"There is no payment {payment_id}.")

    @made.post("/open", permission=Public("an example of a door that stands open"))
    async def open_door(request: Request) -> JSONResponse:
        return JSONResponse({"bytes": len(await request.body())})

    @made.delete("/broken", permission=Permission.SERVICE_OVERRIDE, include_in_schema=False)
    async def broken_door() -> JSONResponse:
        raise KeyError("card 4111111111111111")

    return made


@pytest.fixture(scope="session")
def signer() -> TokenSigner:
    return TokenSigner.with_new_key(issuer="https://issuer.example")


@pytest.fixture
def authenticator(signer: TokenSigner) -> Authenticator:
    return Authenticator(JwksDocument(signer.document), issuer="https://issuer.example")


@pytest.fixture
def app(router: SecuredRouter, authenticator: Authenticator) -> FastAPI:
    return create_app(
        service="example",
        title="Example",
        version="1.2.3",
        description="An example.",
        problems={"card-declined": 402},
        authenticator=authenticator,
        readiness=[],
        routers=[router],
    )


@pytest.fixture
def connect() -> Connect:
    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client

    return connected


@pytest.fixture
async def client(app: FastAPI, connect: Connect) -> AsyncIterator[httpx2.AsyncClient]:
    async with connect(app) as connected:
        yield connected


@pytest.fixture
def agent() -> Actor:
    return Actor(ActorKind.AGENT, "agent-1", sellers=frozenset({"s"}), accounts=None, permissions=frozenset(Permission))


@pytest.fixture
def as_agent(signer: TokenSigner, agent: Actor) -> dict[str, str]:
    return {"Authorization": signer.authorization(agent), "Idempotency-Key": "key-1"}


@pytest.fixture
def payment() -> dict[str, object]:
    return {"amount": {"minor_units": 1234, "currency": "EUR"}, "note": "thanks"}
