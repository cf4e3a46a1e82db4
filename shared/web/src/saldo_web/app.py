"""Puts an HTTP API together, so that every service's API has the same doors, problems, limits and traces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute

from saldo_web import errors
from saldo_web.descriptions import describe
from saldo_web.health import ReadinessCheck, health_routes
from saldo_web.observing import Observer
from saldo_web.routing import Authenticates, Door, OnDenied, Public, SecuredRoute, SecuredRouter


def create_app(
    *,
    service: str,
    title: str,
    version: str,
    description: str,
    problems: Mapping[str, int],
    authenticator: Authenticates,
    readiness: Sequence[ReadinessCheck],
    routers: Sequence[SecuredRouter],
    on_denied: OnDenied | None = None,
) -> FastAPI:
    """The app of a service with its routers, health routes and `GET /openapi.json`; no page of documentation.

    `problems` gives the HTTP status of refusal codes that are not 409 (404 for `...-not-found`). Raises TypeError for
    anything in `routers` that is no `SecuredRouter`, ValueError for a route or an operation id declared twice. The app
    is sealed: a route added later raises TypeError.
    """
    app = _Api(
        title=title,
        version=version,
        description=description,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_closing(authenticator),
        middleware=[Middleware(Observer)],
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the observer does it without personal data
    )
    app.state.service = service
    app.state.door = Door(authenticator, on_denied)
    errors.install(app, problems)
    own = [*routers, health_routes(readiness), _document_routes(app)]
    routes = _checked(own)
    app.router.routes = _Sealed(routes)
    refusals = {route.unique_id: route.rules.refusals for route in routes}
    app.document = describe(app, problems=problems, refusals=refusals)
    return app


class _Api(FastAPI):
    """An app whose document is written once, when its routes are complete."""

    document: Mapping[str, Any]

    def openapi(self) -> dict[str, Any]:
        return dict(self.document)


class _Sealed(list[BaseRoute]):
    """The routes of a finished app: what joined later would have no door."""

    def append(self, _: BaseRoute) -> None:
        raise TypeError("declare routes on a SecuredRouter and pass it to create_app")

    def insert(self, _: object, __: BaseRoute) -> None:
        self.append(__)

    def extend(self, _: Iterable[BaseRoute]) -> None:
        raise TypeError("declare routes on a SecuredRouter and pass it to create_app")


def _checked(routers: Iterable[SecuredRouter]) -> list[SecuredRoute]:
    routes: list[SecuredRoute] = []
    seen: set[str] = set()
    for router in routers:
        if not isinstance(router, SecuredRouter):
            raise TypeError(f"{type(router).__name__} is no SecuredRouter: its routes would stand open")
        for route in router.routes:
            if not isinstance(route, SecuredRoute):
                raise TypeError(f"{route} has no declared access")
            names = {f"{method} {route.path_format}" for method in route.methods or ()} | {route.unique_id}
            if names & seen:
                raise ValueError(f"declared twice: {', '.join(sorted(names & seen))}")
            seen |= names
            routes.append(route)
    return routes


def _document_routes(app: FastAPI) -> SecuredRouter:
    router = SecuredRouter()

    @router.get("/openapi.json", permission=Public("the contract is no secret"), include_in_schema=False)
    async def openapi_document() -> JSONResponse:
        return JSONResponse(app.openapi())

    return router


def _closing(authenticator: Authenticates) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await authenticator.close()

    return lifespan
