"""Hands mails to the mail server over a few lasting connections (RFC 5321)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

import aiosmtplib
from saldo_telemetry import attributes, counter, histogram, span

from saldo_notifications.application.ports import Mail
from saldo_notifications.domain.answers import ServerAnswer, Stage

MAILS_PER_CONNECTION_MAX = 100  # many servers close after some hundred; we go first, so that none is cut off
IDLE_SECONDS_MAX = 20.0  # far below the five minutes a server must wait (RFC 5321, 4.5.3.2.7), so ours never goes stale
PAUSE_SECONDS_MIN = 0.5  # after the server could not be reached, nothing is claimed for so long; doubles up to
PAUSE_SECONDS_MAX = 30.0
REPLY_CLOSING = 421  # "service not available, closing transmission channel": the connection is of no use any more

_handed_over = histogram("billing.mail.duration", "s", "From the claim of a connection to the server's answer")
_answers = counter("billing.mail.answers", "{answer}", "Answers of the mail server by how far the delivery came")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where and how: `timeout_seconds` for one reply, `mail_timeout_seconds` for a whole mail with its connection."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str | None
    password: str | None
    ca_file: str | None
    hello_name: str | None
    timeout_seconds: float
    mail_timeout_seconds: float
    connections_max: int


@dataclass(slots=True)
class _Progress:
    """How far one mail came, so that silence can be judged."""

    stage: Stage = Stage.CONNECT
    connection: _Connection | None = None


@dataclass(slots=True)
class _Connection:
    client: aiosmtplib.SMTP
    mails: int = 0
    idle: asyncio.TimerHandle | None = None


class SmtpMailer:
    """See `Mailer`. One a process; it may be used by many tasks at once, of which `connections_max` are served."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._slots = asyncio.Semaphore(server.connections_max)
        self._idle: list[_Connection] = []
        self._pause_seconds = PAUSE_SECONDS_MIN
        self._paused_until = 0.0

    @property
    def paused(self) -> bool:
        """The server could not be reached a moment ago: leave notices queued instead of using up their tries."""
        return time.monotonic() < self._paused_until

    async def send(self, mail: Mail) -> ServerAnswer:
        """See `Mailer.send`."""
        server: dict[str, str | int] = {
            attributes.SERVER_ADDRESS: self._server.host,
            attributes.SERVER_PORT: self._server.port,
        }
        async with self._slots:
            began = time.monotonic()
            with span("smtp send", kind="client", attributes=server) as current:
                answer = await self._send(mail)
                outcome = {"stage": answer.stage.value, "code": answer.code or 0}
                current.set_attributes({"smtp.stage": answer.stage.value, "smtp.reply_code": answer.code or 0})
        _handed_over.record(time.monotonic() - began)
        _answers.add(1, outcome)
        self._note_reachability(answer)
        return answer

    async def greeting(self, timeout_seconds: float) -> str | None:
        """None when the server greets us and lets us in, else what is wrong; asked on a connection of its own."""
        client = self._new_client()
        try:
            async with asyncio.timeout(timeout_seconds):
                await client.connect()
                await client.quit()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
            return type(fault).__name__
        finally:
            client.close()
        return None

    async def close(self) -> None:
        """Take leave of the server; connections in use end with their mail."""
        while self._idle:
            connection = self._idle.pop()
            if connection.idle is not None:
                connection.idle.cancel()
            try:
                async with asyncio.timeout(self._server.timeout_seconds):
                    await connection.client.quit()
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                connection.client.close()

    async def _send(self, mail: Mail) -> ServerAnswer:
        progress = _Progress()
        try:
            async with asyncio.timeout(self._server.mail_timeout_seconds):
                answer = await self._hand_over(mail, progress)
        except aiosmtplib.SMTPResponseException as refusal:
            await self._after_refusal(progress, refusal.code)
            return ServerAnswer(progress.stage, refusal.code, refusal.message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as fault:
            if progress.connection is not None:
                progress.connection.client.close()
            return ServerAnswer(progress.stage, None, f"no answer: {type(fault).__name__}")
        except BaseException:
            if progress.connection is not None:
                progress.connection.client.close()
            raise
        self._keep(progress.connection)
        return answer

    async def _hand_over(self, mail: Mail, progress: _Progress) -> ServerAnswer:
        client = await self._open_envelope(mail, progress)
        progress.stage = Stage.RECIPIENT
        await client.rcpt(mail.recipient)
        progress.stage = Stage.CONTENT
        reply = await client.data(mail.content)
        return ServerAnswer(Stage.CONTENT, reply.code, reply.message)

    async def _open_envelope(self, mail: Mail, progress: _Progress) -> aiosmtplib.SMTP:
        """MAIL FROM; an idle connection may turn out dead: nothing was handed over yet, so a fresh one is taken."""
        while (idle := self._take_idle()) is not None:
            progress.connection, progress.stage = idle, Stage.SENDER
            try:
                await idle.client.mail(mail.sender)
                return idle.client
            except (aiosmtplib.SMTPServerDisconnected, OSError):
                idle.client.close()
            except aiosmtplib.SMTPResponseException as refusal:
                if refusal.code != REPLY_CLOSING:
                    raise
                idle.client.close()
        fresh = _Connection(self._new_client())
        progress.connection, progress.stage = fresh, Stage.CONNECT
        await fresh.client.connect()
        progress.stage = Stage.SENDER
        await fresh.client.mail(mail.sender)
        return fresh.client

    def _new_client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            username=server.username,
            password=server.password,
            cert_bundle=server.ca_file,
            local_hostname=server.hello_name,
            timeout=server.timeout_seconds,
        )

    # -- the connections -----------------------------------------------------------------------------------------

    def _take_idle(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.idle is not None:
                connection.idle.cancel()
            if connection.client.is_connected:
                return connection
            connection.client.close()
        return None

    def _keep(self, connection: _Connection | None) -> None:
        if connection is None:
            return
        connection.mails += 1
        if connection.mails >= MAILS_PER_CONNECTION_MAX or not connection.client.is_connected:
            connection.client.close()
            return
        connection.idle = asyncio.get_running_loop().call_later(IDLE_SECONDS_MAX, self._drop, connection)
        self._idle.append(connection)

    def _drop(self, connection: _Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        connection.client.close()

    async def _after_refusal(self, progress: _Progress, code: int) -> None:
        """RSET, so that the next mail finds a clean envelope; a connection that cannot be cleaned is given up."""
        connection = progress.connection
        if connection is None:
            return
        if code == REPLY_CLOSING or progress.stage is Stage.CONNECT or not connection.client.is_connected:
            connection.client.close()
            return
        try:
            async with asyncio.timeout(self._server.timeout_seconds):
                await connection.client.rset()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            connection.client.close()
            return
        self._keep(connection)

    def _note_reachability(self, answer: ServerAnswer) -> None:
        if answer.stage is not Stage.CONNECT:
            self._pause_seconds = PAUSE_SECONDS_MIN
        elif not self.paused:
            self._paused_until = time.monotonic() + self._pause_seconds
            self._pause_seconds = min(2 * self._pause_seconds, PAUSE_SECONDS_MAX)
