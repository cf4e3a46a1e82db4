"""Turns every kind of error into its problem: the one place where an error's HTTP status is decided."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, TypeAlias

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from saldo_work import CauseReused, NotYetKnown, Refusal, Refused, Transient
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from saldo_web.problems import Problem, code_of, status_of

NOT_YET_KNOWN_RETRY_SECONDS: Final = 1  # a copy that is late is late by milliseconds
TRANSIENT_RETRY_SECONDS: Final = 2  # as long as a database takes to fail over in the good case
ERRORS_MAX: Final = 50  # a body of a megabyte can break a rule in very many places

_HTTP_CODES: Final = {
    400: "malformed-json",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "content-type-refused",
}
Handler: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI, problems: Mapping[str, int]) -> None:
    """Answer every error that we know with its problem; what nobody knows is the observer's (500)."""
    translations: dict[type[Exception], Callable[[Exception], Problem]] = {
        Problem: _itself,
        Refused: lambda error: _refused(error, problems),
        Refusal: lambda error: _refusal(error, problems),
        CauseReused: _cause_reused,
        NotYetKnown: _not_yet_known,
        Transient: _transient,
        RequestValidationError: _invalid,
    }
    for kind, translate in translations.items():
        app.add_exception_handler(kind, _handler(translate))
    app.add_exception_handler(HTTPException, _http)


def _handler(translate: Callable[[Exception], Problem]) -> Handler:
    async def handle(_: Request, error: Exception) -> Response:
        return translate(error).response()

    return handle


def _itself(error: Exception) -> Problem:
    assert isinstance(error, Problem)  # noqa: S101  # the table above says so; this tells mypy
    return error


def _refused(error: Exception, problems: Mapping[str, int]) -> Problem:
    assert isinstance(error, Refused)  # noqa: S101  # as above
    return _of_refusal(error.code, error.message, error.facts, problems)


def _refusal(error: Exception, problems: Mapping[str, int]) -> Problem:
    """A refusal that a query raised, without a command around it."""
    assert isinstance(error, Refusal)  # noqa: S101  # as above
    return _of_refusal(code_of(type(error)), str(error), error.facts, problems)


def _of_refusal(
    code: str, message: str, facts: Mapping[str, str | int | bool | None], problems: Mapping[str, int]
) -> Problem:
    retry = facts.get("retry_after_seconds")
    headers = {"Retry-After": str(max(0, retry))} if isinstance(retry, int) else {}
    return Problem(status_of(code, problems), code, message, facts=facts, headers=headers)


def _cause_reused(_: Exception) -> Problem:
    return Problem(422, "idempotency-key-reused", "This Idempotency-Key came with another request before.")


def _not_yet_known(error: Exception) -> Problem:
    assert isinstance(error, NotYetKnown)  # noqa: S101  # as above
    return Problem(
        409,
        "not-yet-known",
        f"The {error.what} is not known here yet; ask again.",
        facts={"what": error.what},
        headers={"Retry-After": str(NOT_YET_KNOWN_RETRY_SECONDS)},
    )


def _transient(error: Exception) -> Problem:
    wait = getattr(error, "retry_after_seconds", TRANSIENT_RETRY_SECONDS)
    headers = {"Retry-After": str(max(1, math.ceil(wait)))}
    return Problem(503, "try-again", "This cannot be done just now; nothing was done.", headers=headers)


async def _http(request: Request, error: Exception) -> Response:
    """What the router answers by itself: an unknown path, a method that the path does not know."""
    assert isinstance(error, HTTPException)  # noqa: S101  # as above
    phrase = HTTPStatus(error.status_code).phrase
    code = _HTTP_CODES.get(error.status_code, phrase.lower().replace(" ", "-").replace("'", ""))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_of_path(request)))
    return Problem(error.status_code, code, phrase + ".", headers=headers).response()


def _methods_of_path(request: Request) -> set[str]:
    """All of them (RFC 9110, 10.2.1); the router knows only those of the first route that fits."""
    fitting = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in fitting for method in route.methods}


def _invalid(error: Exception) -> Problem:
    """422 for what breaks the schema; 400 for what is no JSON or a bad header; 404 for an id that cannot exist."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as above
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return Problem(400, "malformed-json", "The body is not JSON.")
    places = {str(item["loc"][0]) if item["loc"] else "body" for item in found}
    if "path" in places:
        return Problem(404, "not-found", "There is no such thing.")
    details = [_detail(item["loc"], str(item["type"]), str(item["msg"])) for item in found[:ERRORS_MAX]]
    status, code = (400, "invalid-header") if places & {"header", "cookie"} else (422, "invalid-request")
    return Problem(status, code, "The request breaks the rules named in errors.", errors=details)


def _detail(location: Sequence[str | int], rule: str, message: str) -> Mapping[str, str]:
    place, *rest = location or ("body",)
    if place == "query":
        return {"parameter": str(rest[0]), "rule": rule, "detail": message}
    if place in ("header", "cookie"):
        return {"header": str(rest[0]), "rule": rule, "detail": message}
    return {"pointer": pointer(rest), "rule": rule, "detail": message}


def pointer(parts: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901) as a URI fragment."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
