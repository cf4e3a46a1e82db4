"""What every request leaves behind: a span, a log line, a duration; and the answer when nobody else has one."""

from __future__ import annotations

import time
from typing import Final

from opentelemetry.trace import Span
from saldo_telemetry import attributes as names
from saldo_telemetry import histogram, logger, record_failure, span
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saldo_web.problems import Problem

SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
)
UNTRACED_PREFIX: Final = "/health/"  # asked every few seconds; a trace of it is noise
SERVER_ERROR: Final = 500
CLIENT_CLOSED_REQUEST: Final = 499  # nobody reads it; the usual number in logs
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = logger(__name__)
_durations = histogram("http.server.request.duration", "s", "How long requests took.")


class Observer:
    """The outermost layer of an app; an endpoint's own header wins over the security header of that name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        answer = _Answer(send)
        if scope["path"].startswith(UNTRACED_PREFIX):
            await self._answer(scope, receive, answer, None)
            return
        started = time.perf_counter()
        headers = {name: value for name, value in scope["headers"] if name in (b"traceparent", b"tracestate")}
        with span(
            method,
            kind="server",
            traceparent=headers.get(b"traceparent", b"").decode("latin-1") or None,
            tracestate=headers.get(b"tracestate", b"").decode("latin-1") or None,
            attributes={names.HTTP_REQUEST_METHOD: method, names.URL_SCHEME: scope.get("scheme", "http")},
        ) as current:
            try:
                await self._answer(scope, receive, answer, current)
            finally:
                _leave(scope, method, answer.status, time.perf_counter() - started, current)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer, current: Span | None) -> None:
        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            answer.status = CLIENT_CLOSED_REQUEST
        except Exception as error:
            if current is not None:
                record_failure(current, error)
            _log.exception("a request failed", route=_template(scope), error=type(error).__name__)
            if answer.status is not None:
                raise
            problem = Problem(500, "internal-error", "Something is wrong on our side; nothing is known to be done.")
            await problem.response()(scope, receive, answer)


class _Answer:
    """The way out, which adds the security headers and keeps the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            missing = [header for header in SECURITY_HEADERS if header[0] not in present]
            message = {**message, "headers": [*message["headers"], *missing]}
        await self._send(message)


def _template(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "") or "unknown"


def _leave(scope: Scope, method: str, status: int | None, seconds: float, current: Span) -> None:
    template = _template(scope)
    about: dict[str, str | int] = {
        names.HTTP_REQUEST_METHOD: method,
        names.HTTP_ROUTE: template,
        names.URL_SCHEME: scope.get("scheme", "http"),
    }
    if status is not None:
        about[names.HTTP_RESPONSE_STATUS_CODE] = status
        if status >= SERVER_ERROR:
            about[names.ERROR_TYPE] = str(status)
    actor = scope.get("state", {}).get("actor")
    if current.is_recording():
        current.update_name(f"{method} {template}")
        own = {name: value for name, value in about.items() if name != names.ERROR_TYPE}  # the span has the exception's
        current.set_attributes({**own, **names.business_ids(scope.get("path_params", {}))})
        if actor is not None:
            current.set_attribute(names.ACTOR, str(actor))
    _durations.record(seconds, about)
    _log.info(
        "request",
        method=method,
        route=template,
        status=status,
        duration_ms=round(seconds * 1000, 1),
        actor=None if actor is None else str(actor),
    )
