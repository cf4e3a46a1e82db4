"""The SMTP side of the mail sink."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from saldo_local.mail_sink.faults import Faults
from saldo_local.mail_sink.store import MailStore

MAIL_BYTES_MAX = 33_554_432
HOST_NAME = "mail-sink.saldo.localhost"


@dataclass(slots=True)
class Desk:
    """What SMTP and HTTP share: the mails, the faults in force, and a bell for readers that wait."""

    store: MailStore
    faults: Faults
    bell: asyncio.Condition

    async def take(self, envelope: Envelope) -> int:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        mail_id = self.store.keep(envelope.mail_from or "", [str(to) for to in envelope.rcpt_tos], raw=raw)
        async with self.bell:
            self.bell.notify_all()
        return mail_id


class Receiver:
    """aiosmtpd calls these by name."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        refusal = self._desk.faults.refusal(envelope.mail_from or "", address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        faults = self._desk.faults
        if faults.slow_ms:
            await asyncio.sleep(faults.slow_ms / 1000)
        if faults.drops_this():
            if faults.drop_keeps:
                await self._desk.take(envelope)
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
            return "421 4.4.2 connection dropped"
        return f"250 2.0.0 kept as {await self._desk.take(envelope)}"


async def listen(desk: Desk, listener: socket.socket) -> asyncio.Server:
    def session() -> SMTP:
        return SMTP(Receiver(desk), hostname=HOST_NAME, data_size_limit=MAIL_BYTES_MAX, enable_SMTPUTF8=True)

    factory: Callable[[], SMTP] = session
    return await asyncio.get_running_loop().create_server(factory, sock=listener)
