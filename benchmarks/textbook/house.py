"""What every textbook service is started with: an engine, sessions and a broker, as the pages show them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from saldo_messaging.database import sqlalchemy_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.ground import READY_LINE

IN_FLIGHT = 8


@dataclass(frozen=True, slots=True)
class House:
    """One process's engine, sessions and broker."""

    name: str
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    broker: KafkaBroker

    def hears(self, topic: str) -> Callable[[Callable[..., Any]], Any]:
        """A subscriber with eight messages in flight."""
        return self.broker.subscriber(
            topic,
            group_id=self.name,
            auto_offset_reset="earliest",
            max_workers=IN_FLIGHT,
            ack_policy=AckPolicy.ACK_FIRST,
            session_timeout_ms=3_000,
            heartbeat_interval_ms=1_000,
        )

    async def tell(self, topic: str, event: BaseModel, account_id: str) -> None:
        """Publish and wait for the acknowledgement."""
        await self.broker.publish(event, topic, key=account_id.encode())


def house(name: str, dsn: str, bootstrap: str) -> House:
    """Opened by the first use."""
    engine = create_async_engine(sqlalchemy_url(dsn), pool_size=IN_FLIGHT, max_overflow=0)
    broker = KafkaBroker(bootstrap, acks="all", enable_idempotence=False, logger=None)
    return House(name, engine, async_sessionmaker(engine, expire_on_commit=False), broker)


async def run(own: House, beside: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
    """Serve until told to end; `beside` runs from SIGUSR1 on."""
    app = FastStream(own.broker, logger=None)
    running: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    if beside is not None:
        loop.add_signal_handler(signal.SIGUSR1, lambda: running.append(asyncio.create_task(beside())))
    loop.add_signal_handler(signal.SIGTERM, app.exit)

    @app.after_startup
    async def ready() -> None:
        print(READY_LINE, flush=True)

    await app.run()
    for task in running:
        if task.done():
            task.result()
    await own.engine.dispose()
