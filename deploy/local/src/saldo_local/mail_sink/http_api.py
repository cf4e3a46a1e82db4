"""The reading side of the mail sink: JSON for tests, pages for people, and the door to its faults."""

from __future__ import annotations

import asyncio
import json

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from saldo_local.mail_sink import page
from saldo_local.mail_sink.faults import Faults
from saldo_local.mail_sink.smtp import Desk
from saldo_local.mail_sink.store import Mail, attachments_of, text_of

WAIT_SECONDS_MAX = 60.0
PAGE_SIZE_DEFAULT = 200
SANDBOXED = {"Content-Security-Policy": "sandbox; default-src 'none'; img-src data: https:; style-src 'unsafe-inline'"}


def application(desk: Desk) -> Starlette:
    doors = HttpApi(desk)
    return Starlette(
        routes=[
            Route("/", doors.overview),
            Route("/messages", doors.messages),
            Route("/messages", doors.forget_all, methods=["DELETE"]),
            Route("/messages/{id:int}", doors.message),
            Route("/messages/{id:int}.html", doors.html),
            Route("/messages/{id:int}.eml", doors.raw),
            Route("/messages/{id:int}/attachments/{n:int}", doors.attachment),
            Route("/faults", doors.faults),
            Route("/faults", doors.set_faults, methods=["PUT"]),
        ]
    )


class HttpApi:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def messages(self, request: Request) -> Response:
        """?to= one recipient, ?since_id= only later ones, ?limit=, ?wait_seconds= until at least one is there."""
        query = request.query_params
        wait_seconds = min(_number(query.get("wait_seconds"), 0.0), WAIT_SECONDS_MAX)
        limit = int(_number(query.get("limit"), PAGE_SIZE_DEFAULT))

        def found() -> list[Mail]:
            since_id = int(_number(query.get("since_id"), 0))
            return self._desk.store.find(to=query.get("to"), since_id=since_id, limit=limit)

        async with self._desk.bell:
            try:
                async with asyncio.timeout(wait_seconds or None):
                    await self._desk.bell.wait_for(lambda: bool(found()) or not wait_seconds)
            except TimeoutError:
                return JSONResponse({"messages": []})
        return JSONResponse({"messages": [as_json(mail) for mail in found()]})

    async def message(self, request: Request) -> Response:
        mail = self._one(request)
        return JSONResponse({**as_json(mail), "raw": mail.raw.decode("utf-8", errors="replace")})

    async def html(self, request: Request) -> Response:
        """The mail as a reader's program would show it, with nothing in it allowed to run."""
        message = self._one(request).message()
        html = text_of(message, "html")
        shown = html if html is not None else page.plain_text(text_of(message, "plain") or "")
        return HTMLResponse(shown, headers=SANDBOXED)

    async def raw(self, request: Request) -> Response:
        return Response(self._one(request).raw, media_type="message/rfc822")

    async def attachment(self, request: Request) -> Response:
        attachments = list(attachments_of(self._one(request).message()))
        number = int(request.path_params["n"])
        if number >= len(attachments):
            raise HTTPException(404)
        return Response(attachments[number].content, media_type=attachments[number].content_type)

    async def forget_all(self, request: Request) -> Response:
        self._desk.store.forget_all()
        return Response(status_code=204)

    async def overview(self, request: Request) -> Response:
        latest = self._desk.store.latest(PAGE_SIZE_DEFAULT)
        return HTMLResponse(page.overview(latest, self._desk.store.count()))

    async def faults(self, request: Request) -> Response:
        return JSONResponse(self._desk.faults.as_json())

    async def set_faults(self, request: Request) -> Response:
        """Replaces all faults; `{}` ends them."""
        try:
            self._desk.faults = Faults.from_json(json.loads(await request.body() or b"{}"))
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        return JSONResponse(self._desk.faults.as_json())

    def _one(self, request: Request) -> Mail:
        mail = self._desk.store.one(int(request.path_params["id"]))
        if mail is None:
            raise HTTPException(404, "There is no such mail.")
        return mail


def as_json(mail: Mail) -> dict[str, object]:
    message = mail.message()
    return {
        "id": mail.id,
        "received_at": mail.received_at,
        "mail_from": mail.mail_from,
        "rcpt_to": list(mail.rcpt_to),
        "message_id": str(message.get("Message-ID", "")),
        "subject": str(message.get("Subject", "")),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": text_of(message, "plain"),
        "html": text_of(message, "html"),
        "attachments": [
            {"filename": part.filename, "content_type": part.content_type, "size_bytes": len(part.content)}
            for part in attachments_of(message)
        ],
    }


def _number(text: str | None, default: float) -> float:
    try:
        return default if text is None else float(text)
    except ValueError as error:
        raise HTTPException(400, f"{text!r} is not a number") from error
