"""From a request to a command and back: its cause, its Idempotency-Key, and the answer with its version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import Depends, Header, Request
from fastapi.params import Depends as Dependency
from saldo_telemetry import current_trace
from saldo_work import Actor, Cause, Commands, RequestKey
from starlette.responses import JSONResponse

Idempotency: TypeAlias = Literal["required", "optional", "none"]

KEY_HEADER: Final = "Idempotency-Key"
KEY_PATTERN: Final = r"^[\x21-\x7e]{1,255}$"
VERSION_MEMBER: Final = "_version"
_CAUSES: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:saldo:cause:http")

_KEY_IS: Final = "Names this request: a repeat with the same key gets the first answer. Kept for 7 days."

# Written out twice: inside a union FastAPI would lose the alias and ask for a header named `key`.
_RequiredKey: TypeAlias = Annotated[str, Header(alias=KEY_HEADER, pattern=KEY_PATTERN, description=_KEY_IS)]
_OptionalKey: TypeAlias = Annotated[str | None, Header(alias=KEY_HEADER, pattern=KEY_PATTERN, description=_KEY_IS)]


def _required_key(key: _RequiredKey) -> None:
    """FastAPI checks and documents it."""


def _optional_key(key: _OptionalKey = None) -> None:
    """FastAPI checks and documents it."""


def key_dependency(idempotency: Idempotency) -> Sequence[Dependency]:
    """What makes a route ask for the header."""
    if idempotency == "none":
        return []
    return [Depends(_required_key if idempotency == "required" else _optional_key)]


def route_of(request: Request) -> str:
    """The route by its template: `POST /v1/accounts/{account_id}/payments`."""
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', '')}"


def request_key_of(request: Request, actor: Actor) -> RequestKey | None:
    """What makes repeats of this request one cause; None where it bears no Idempotency-Key."""
    key = request.headers.get(KEY_HEADER)
    return None if key is None else RequestKey(caller=str(actor), route=route_of(request), key=key)


def cause_of(request: Request, actor: Actor) -> Cause:
    """The cause of the command this request becomes; repeats under one Idempotency-Key have one cause id."""
    named = request_key_of(request, actor)
    cause_id = uuid.uuid5(_CAUSES, f"{named.caller}\n{named.route}\n{named.key}") if named else uuid.uuid4()
    traceparent, tracestate = current_trace()
    return Cause(cause_id=str(cause_id), actor=actor, traceparent=traceparent, tracestate=tracestate)


async def run(
    commands: Commands,
    command: object,
    request: Request,
    actor: Actor,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Run the command and answer with what it answers.

    The command must hold everything that the path and the body say, since a repeat is known by the whole command. A
    member `_version` ("payments/payment/7") leaves as the header `Saldo-Version`; a repeat is marked by
    `Idempotency-Replayed: true`. Errors pass through to become problems.
    """
    answered = await commands.run(command, cause_of(request, actor), request_key=request_key_of(request, actor))
    body: dict[str, Any] = dict(answered.body or {})
    sent = dict(headers or {})
    version = body.pop(VERSION_MEMBER, None)
    if isinstance(version, str):
        sent["Saldo-Version"] = version
    if answered.repeated:
        sent["Idempotency-Replayed"] = "true"
    return JSONResponse(body, status, sent)
