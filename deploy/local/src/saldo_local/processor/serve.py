"""Starts the card processor simulator: its doors and its postman in one process."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from saldo_local.http_server import bound_socket, server_for
from saldo_local.ports import LOOPBACK
from saldo_local.processor.clock import MovableClock
from saldo_local.processor.desk import Desk
from saldo_local.processor.faults import Faults
from saldo_local.processor.http_api import application
from saldo_local.processor.protocol import CuttableProtocol
from saldo_local.processor.routes import Api
from saldo_local.processor.store import Store
from saldo_local.processor.webhooks import Postman
from saldo_local.ready_file import tell_ready


async def serve(
    data: Path, *, port: int, api_key: str | None, webhook_secret: str | None, ready_file: Path | None
) -> None:
    """Until the process is told to end; a restart over the same data goes on where it was. Port 0 draws a free one."""
    await asyncio.to_thread(data.mkdir, parents=True, exist_ok=True)
    store = Store(data / "processor.sqlite")
    key = _kept(store, "api_key", api_key or f"sk_test_{secrets.token_hex(24)}", given=api_key is not None)
    secret = _kept(
        store,
        "webhook_secret",
        webhook_secret or f"whsec_{secrets.token_urlsafe(24)}",
        given=webhook_secret is not None,
    )
    listener = bound_socket(port)
    url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    clock, faults = MovableClock(store), Faults()
    postman = Postman(store, clock, faults)
    desk = Desk(store, clock, faults, postman, Api(secret), api_key=key, base_url=url)
    async with asyncio.TaskGroup() as tasks:  # a postman that fails ends the process: nobody waits for lost events
        delivering = tasks.create_task(postman.run())
        tell_ready(ready_file, processor_url=url, processor_api_key=key, processor_webhook_secret=secret)
        await server_for(application(desk), protocol=CuttableProtocol).serve(sockets=[listener])
        delivering.cancel()


def _kept(store: Store, name: str, value: str, *, given: bool) -> str:
    """A restart keeps the keys of the first start, unless others are given."""
    kept = store.setting(name)
    if kept is not None and not given:
        return kept
    store.set_setting(name, value)
    return value
