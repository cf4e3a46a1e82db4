"""How much of a request is read, and what is refused before anybody looks at its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message as Header
from typing import Final

from fastapi import Request
from starlette.types import Message

from saldo_web.errors import pointer
from saldo_web.problems import Problem

DECLARED_DIGITS_MAX: Final = 18  # a Content-Length of more digits is an attack, and Python reads it slowly
DEPTH_MAX: Final = 64  # of nested JSON; no request of ours is deeper than ten


async def bounded(request: Request, bytes_max: int) -> Request:
    """The same request with its body read, at most so many bytes of it; raises a 413 problem beyond."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and (len(declared) > DECLARED_DIGITS_MAX or int(declared) > bytes_max):
        raise _too_large(bytes_max)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            raise _too_large(bytes_max)
        chunks.append(chunk)
    waiting: list[Message] = [{"type": "http.request", "body": b"".join(chunks), "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await request.receive()

    return Request(request.scope, replay)


async def refuse_unreadable_json(request: Request) -> None:
    """Raises a 415 problem for a body that does not say it is JSON, 400 for one that is not, 422 for a NUL in it."""
    body = await request.body()
    if not body:
        return
    if not _is_json(request.headers.get("content-type", "")):
        raise Problem(415, "content-type-refused", "The body must be application/json.")
    try:
        text = body.decode("utf-8")
        if text.count("[") + text.count("{") > DEPTH_MAX or "\\u0000" in text:
            _refuse_depth_and_nul(json.loads(text))
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise Problem(400, "malformed-json", "The body is not JSON.") from None


def refuse_nul_in_address(request: Request) -> None:
    """PostgreSQL stores no NUL: an id with one names nothing (404), a parameter with one is refused (422)."""
    if "\0" in request.scope["path"]:
        raise Problem(404, "not-found", "There is no such thing.")
    if b"%00" in request.scope.get("query_string", b""):
        for name, value in request.query_params.multi_items():
            if "\0" in name or "\0" in value:
                error = {"parameter": name.replace("\0", ""), "rule": "no_nul", "detail": "NUL is not a character here"}
                raise Problem(422, "invalid-request", "The request breaks the rules named in errors.", errors=[error])


def _is_json(content_type: str) -> bool:
    header = Header()
    header["content-type"] = content_type
    subtype = header.get_content_subtype()
    return header.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _too_large(bytes_max: int) -> Problem:
    return Problem(413, "body-too-large", f"A body has at most {bytes_max} bytes.", facts={"bytes_max": bytes_max})


def _refuse_depth_and_nul(document: object) -> None:
    for place, value in _walk(document):
        if len(place) > DEPTH_MAX:
            rule, detail = "too_deep", f"at most {DEPTH_MAX} levels"
        elif isinstance(value, str) and "\0" in value:
            rule, detail = "no_nul", "NUL is not a character here"
        else:
            continue
        shown = [str(part).replace("\0", "") for part in place[:DEPTH_MAX]]
        error = {"pointer": pointer(shown), "rule": rule, "detail": detail}
        raise Problem(422, "invalid-request", "The request breaks the rules named in errors.", errors=[error])


def _walk(document: object) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every value and every key with its place, without recursion."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), document)]
    while waiting:
        place, value = waiting.pop()
        yield place, value
        if len(place) > DEPTH_MAX:
            continue
        if isinstance(value, dict):
            for key, item in value.items():
                yield (*place, key), key
                waiting.append(((*place, key), item))
        elif isinstance(value, list):
            waiting.extend(((*place, index), item) for index, item in enumerate(value))
