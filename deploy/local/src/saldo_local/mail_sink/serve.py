"""Starts the mail sink's two doors, SMTP and HTTP, in one process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from saldo_local.http_server import bound_socket, server_for
from saldo_local.mail_sink.faults import Faults
from saldo_local.mail_sink.http_api import application
from saldo_local.mail_sink.smtp import Desk, listen
from saldo_local.mail_sink.store import MailStore
from saldo_local.ports import LOOPBACK
from saldo_local.ready_file import tell_ready


async def serve(data: Path, *, smtp_port: int, http_port: int, ready_file: Path | None) -> None:
    """Until the process is told to end. Port 0 draws a free one."""
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    desk = Desk(MailStore(data / "mails.sqlite"), Faults(), asyncio.Condition())
    smtp_socket, http_socket = bound_socket(smtp_port), bound_socket(http_port)
    smtp = await listen(desk, smtp_socket)
    tell_ready(
        ready_file,
        smtp_host=LOOPBACK,
        smtp_port=smtp_socket.getsockname()[1],
        mail_api_url=f"http://{LOOPBACK}:{http_socket.getsockname()[1]}",
    )
    await server_for(application(desk)).serve(sockets=[http_socket])
    smtp.close()
