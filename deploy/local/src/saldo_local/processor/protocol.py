"""Lets an application cut the connection instead of answering, which HTTP servers otherwise forbid."""

from __future__ import annotations

import asyncio
from typing import cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "saldo.transport"


class CuttableProtocol(HttpToolsProtocol):
    """Puts the connection where the application finds it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        application = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            await application({**scope, TRANSPORT: transport}, receive, send)

        self.app = with_transport


class HangUp(Response):
    """No answer: the client sees its connection reset and cannot know what happened."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cast(asyncio.Transport, scope[TRANSPORT]).abort()
        while (await receive())["type"] != "http.disconnect":
            continue
