"""Callers over HTTP, a process of their own: `python -m benchmarks.chain.http_callers ORDER ANSWERS`.

A plain client on a kept connection, since what it costs is not ours. ORDER names the address, the token, the accounts
and the pace: so many callers who wait for their answer, or (`per_second`) so many requests a second whatever happens.
ANSWERS gets, for each payment, when its request began (seconds since 1970, machine time) and its id.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from benchmarks.ground import READY_LINE
from benchmarks.world import CURRENCY, PAYMENT_MINOR_UNITS

ACCEPTED = 202
ANSWER_SECONDS_MAX = 30.0


class NotAccepted(Exception):
    """The service refused a payment of the bench; the text is its answer."""


@dataclass(slots=True)
class Connection:
    """One kept HTTP/1.1 connection, one request at a time."""

    host: str
    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, headers: str, body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
        return int(answer.split(" ", 2)[1]), await self.reader.readexactly(length)


@dataclass(slots=True)
class Client:
    """Pays, and remembers when."""

    order: dict[str, Any]
    begun: dict[str, float] = field(default_factory=dict)  # payment id -> when its request began
    idle: list[Connection] = field(default_factory=list)

    async def pay(self, account_id: str) -> None:
        """Raises NotAccepted."""
        place = urlsplit(str(self.order["address"]))
        connection = self.idle.pop() if self.idle else Connection(str(place.hostname), int(place.port or 0))
        wish = {
            "amount": {"minor_units": PAYMENT_MINOR_UNITS, "currency": CURRENCY},
            "processor_token": self.order["card"],
            "surplus_confirmed": True,
        }
        headers = (
            f"Authorization: Bearer {self.order['token']}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {uuid4()}\r\n"
        )
        began = time.time()
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            status, body = await connection.post(
                f"/v1/accounts/{account_id}/payments", headers, json.dumps(wish).encode()
            )
        if status != ACCEPTED:
            raise NotAccepted(f"{status} {body.decode()}")
        self.begun[str(json.loads(body)["payment_id"])] = began
        self.idle.append(connection)

    async def side_by_side(self, callers: int) -> None:
        """Each caller waits for the answer before it pays again."""
        accounts = deque(self.order["accounts"])

        async def caller() -> None:
            while accounts:
                await self.pay(accounts.popleft())

        await asyncio.gather(*(caller() for _ in range(callers)))

    async def at_pace(self, per_second: float) -> None:
        """Each request at its time, however long the others take."""
        loop = asyncio.get_running_loop()
        began, requests = loop.time(), []
        for number, account_id in enumerate(self.order["accounts"]):
            await asyncio.sleep(max(0.0, began + number / per_second - loop.time()))
            requests.append(asyncio.create_task(self.pay(account_id)))
        await asyncio.gather(*requests)


async def main(order_file: str, answers_file: str) -> None:
    """All payments, then the answers."""
    client = Client(json.loads(Path(order_file).read_text()))
    print(READY_LINE, flush=True)
    if per_second := client.order.get("per_second"):
        await client.at_pace(float(per_second))
    else:
        await client.side_by_side(int(client.order["callers"]))
    Path(answers_file).write_text(json.dumps(client.begun))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
