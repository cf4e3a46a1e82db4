"""Routes of which none is open by default: each names the permission it needs, or says why it needs none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Protocol, Required, TypeAlias, TypedDict, TypeVar, Unpack

from fastapi import Depends, Request
from fastapi.params import Form
from fastapi.routing import APIRoute
from saldo_contracts.permissions import Permission
from saldo_telemetry import logger
from saldo_work import Actor
from starlette.responses import Response

from saldo_web import bodies
from saldo_web.descriptions import problem_responses
from saldo_web.idempotency import Idempotency, key_dependency
from saldo_web.problems import Problem

BODY_BYTES_MAX: Final = 1_000_000  # as much as a message may hold: nothing larger could be announced

_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Public:
    """In place of a permission: a door that stands open, and why it has to."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a public door says why it is open")


Access: TypeAlias = Permission | Public
OnDenied: TypeAlias = Callable[[Actor, Permission, str], Awaitable[None]]
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


class Authenticates(Protocol):
    """Knows who asks by the `Authorization` header."""

    async def authenticate(self, authorization: str | None) -> Actor:
        """Raises `Unauthenticated` or `Transient`."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Door:
    """What every route asks before it lets anybody in."""

    authenticator: Authenticates
    on_denied: OnDenied | None = None

    async def admit(self, request: Request, permission: Permission, route: str) -> Actor:
        """The actor; raises a 401 or a 403 problem."""
        actor = await self.authenticator.authenticate(request.headers.get("authorization"))
        if actor.may(permission):
            return actor
        if self.on_denied is not None:
            try:
                await self.on_denied(actor, permission, route)
            except Exception:  # the answer stays 403 whatever becomes of its announcement
                _log.exception("a refused access could not be announced")
        detail = f"This needs the permission {permission.value}."
        raise Problem(403, "permission-missing", detail, facts={"permission": permission.value})


def current_actor(request: Request) -> Actor:
    """The actor that the route's door admitted."""
    actor = request.state.actor
    assert isinstance(actor, Actor)  # noqa: S101  # the route refuses to be wired otherwise
    return actor


CurrentActor: TypeAlias = Annotated[Actor, Depends(current_actor)]
"""The type of an endpoint's parameter that receives who asks."""


@dataclass(frozen=True, slots=True)
class _Rules:
    access: Access
    body_bytes_max: int
    refusals: tuple[str, ...]


class SecuredRoute(APIRoute):
    """A route with its door, its limit of body size, and the problems it documents."""

    def __init__(self, path: str, endpoint: Callable[..., object], *, rules: _Rules, **settings: Any) -> None:
        self.rules = rules
        access = rules.access
        extra: dict[str, object] = {"x-saldo-permission": "public", "security": []}
        if isinstance(access, Permission):
            extra = {"x-saldo-permission": access.value, "security": [{"bearer": []}]}
        else:
            extra["x-saldo-public-because"] = access.reason
        if rules.refusals:
            extra["x-saldo-refusals"] = sorted(rules.refusals)
        super().__init__(path, endpoint, openapi_extra=extra, **settings)
        if isinstance(access, Public) and _needs_actor(self):
            raise TypeError(f"{path} is public, so it has no current actor")
        self.responses = {**problem_responses(self, secured=isinstance(access, Permission)), **self.responses}

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The handler behind the door: first who asks, then how much is sent, then FastAPI's own."""
        handle = super().get_route_handler()
        rules, takes_body = self.rules, self.body_field is not None
        takes_form = self.body_field is not None and isinstance(self.body_field.field_info, Form)
        route = f"{'|'.join(sorted(self.methods or ()))} {self.path}"

        async def guarded(request: Request) -> Response:
            if isinstance(rules.access, Permission):
                door: Door = request.app.state.door
                request.state.actor = await door.admit(request, rules.access, route)
            bodies.refuse_nul_in_address(request)
            if request.method not in ("GET", "HEAD"):
                request = await bodies.bounded(request, rules.body_bytes_max)
                if takes_body and not takes_form:
                    await bodies.refuse_unreadable_json(request)
            answer: Response = await handle(request)
            return answer

        return guarded


class About(TypedDict, total=False):
    """What a route says of itself.

    `refusals` are the codes it may refuse with: their statuses are documented. `responses` documents further answers.
    Without `response_model` the return annotation counts. `idempotency` says whether the Idempotency-Key is asked for;
    a GET never does.
    """

    permission: Required[Access]
    status_code: int
    response_model: object
    summary: str | None
    refusals: Sequence[str]
    responses: Mapping[int, Mapping[str, object]] | None
    response_class: type[Response] | None
    idempotency: Idempotency
    body_bytes_max: int
    include_in_schema: bool


class Declare(Protocol):
    """The decorator that a declaration gives."""

    def __call__(self, endpoint: Endpoint) -> Endpoint: ...


class SecuredRouter:
    """Collects the routes of one resource. There is no way to declare one without its access."""

    def __init__(self, *, prefix: str = "", tags: Sequence[str] = ()) -> None:
        self._prefix = prefix
        self._tags = tuple(tags)
        self.routes: list[SecuredRoute] = []

    def get(self, path: str, **about: Unpack[About]) -> Declare:
        """Declare a GET; see `About` and `route`."""
        return self.route("GET", path, **about)

    def post(self, path: str, **about: Unpack[About]) -> Declare:
        """Declare a POST; see `About` and `route`."""
        return self.route("POST", path, **about)

    def put(self, path: str, **about: Unpack[About]) -> Declare:
        """Declare a PUT; see `About` and `route`."""
        return self.route("PUT", path, **about)

    def patch(self, path: str, **about: Unpack[About]) -> Declare:
        """Declare a PATCH; see `About` and `route`."""
        return self.route("PATCH", path, **about)

    def delete(self, path: str, **about: Unpack[About]) -> Declare:
        """Declare a DELETE; see `About` and `route`."""
        return self.route("DELETE", path, **about)

    def route(
        self,
        method: Method,
        path: str,
        *,
        permission: Access,
        status_code: int = 200,
        response_model: object = None,
        summary: str | None = None,
        refusals: Sequence[str] = (),
        responses: Mapping[int, Mapping[str, object]] | None = None,
        response_class: type[Response] | None = None,
        idempotency: Idempotency = "optional",
        body_bytes_max: int = BODY_BYTES_MAX,
        include_in_schema: bool = True,
    ) -> Declare:
        """Declare a route; the path is the whole template behind the router's prefix.

        Raises TypeError where `permission` is left out, or is neither a `Permission` nor a `Public`.
        """
        if not isinstance(permission, (Permission, Public)):
            raise TypeError(f"{method} {path} names no permission and is not public")
        settings: dict[str, Any] = {"response_model": response_model} if response_model is not None else {}
        if response_class is not None:
            settings["response_class"] = response_class
        rules = _Rules(permission, body_bytes_max, tuple(refusals))

        def declare(endpoint: Endpoint) -> Endpoint:
            self.routes.append(
                SecuredRoute(
                    self._prefix + path,
                    endpoint,
                    rules=rules,
                    methods=[method],
                    status_code=status_code,
                    summary=summary,
                    responses={status: dict(about) for status, about in (responses or {}).items()},
                    tags=list(self._tags),
                    dependencies=key_dependency("none" if method == "GET" else idempotency),
                    include_in_schema=include_in_schema,
                    generate_unique_id_function=lambda route: route.name,
                    **settings,
                )
            )
            return endpoint

        return declare


def _needs_actor(route: APIRoute) -> bool:
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        if dependant.call is current_actor:
            return True
        waiting.extend(dependant.dependencies)
    return False
