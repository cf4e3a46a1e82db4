"""What the OpenAPI document says beyond FastAPI: the problems of each operation, and how to sign in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from saldo_web.problems import PROBLEM_MEDIA_TYPE, PROBLEM_SCHEMA, status_of

_PROBLEM: Final[Mapping[str, object]] = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_WHEN: Final[Mapping[int, str]] = {
    400: "The body is not JSON, or a header is missing or malformed.",
    401: "No token, or one that does not prove who asks.",
    403: "The permission of this operation is missing.",
    404: "There is no such thing, or the caller may not know of it.",
    409: "A rule said no, or a copy has not arrived yet (`not-yet-known`, with Retry-After).",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The request breaks its schema, or the Idempotency-Key came with another request before.",
    503: "It cannot be done just now; nothing was done. Retry-After says when to ask again.",
}
_HEADERS: Final[Mapping[str, Mapping[str, object]]] = {
    "Saldo-Version": {
        "description": "`<service>/<aggregate>/<version>` of what was changed.",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` where this is the first answer to the Idempotency-Key again.",
        "schema": {"type": "string"},
    },
}


def problem_responses(route: APIRoute, *, secured: bool) -> dict[int | str, dict[str, Any]]:
    """The problems that a route can answer with by its shape alone."""
    return {status: problem_response(_WHEN[status]) for status in sorted(set(_statuses(route, secured)))}


def problem_response(description: str) -> dict[str, Any]:
    """One documented problem."""
    return {"description": description, "content": dict(_PROBLEM)}


def _statuses(route: APIRoute, secured: bool) -> Iterator[int]:
    if secured:
        yield from (401, 403, 503)
    dependants = [route.dependant, *route.dependant.dependencies]
    if route.dependant.path_params:
        yield 404
    if any(dependant.header_params for dependant in dependants):
        yield 400
    if any(dependant.query_params for dependant in dependants):
        yield 422
    if (route.methods or set()) - {"GET"}:
        yield from (409, 413, 422, 503)
    if route.body_field is not None:
        yield from (400, 415, 422)


def _describe_headers(operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            response["headers"] = {name: dict(about) for name, about in _HEADERS.items()}


def describe(app: FastAPI, *, problems: Mapping[str, int], refusals: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The whole document; `refusals` are the declared codes by operation id."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for path in document.get("paths", {}).values():
        for method, operation in path.items():
            if method != "get":
                _describe_headers(operation)
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]  # FastAPI's guess for every route with a parameter
            for code in refusals.get(operation.get("operationId", ""), ()):
                status = status_of(code, problems)
                described = _WHEN.get(status, HTTPStatus(status).phrase + ".")
                operation["responses"].setdefault(str(status), problem_response(described))
    return document
