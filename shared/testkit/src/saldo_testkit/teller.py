"""Puts events on the real broker as another service would tell them."""

from __future__ import annotations

from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from saldo_contracts.envelope import Envelope, encode_headers, event_id, source_of
from saldo_contracts.event import Event
from saldo_contracts.topics import contacts_topic, public_topic


class Teller:
    """A stand-in for the services around the one under test: real bytes on the real broker."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._versions: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._producer:
            await self._producer.stop()

    async def tell(
        self,
        event: Event,
        *,
        owner: str | None = None,
        at: datetime | None = None,
        version: int | None = None,
        traceparent: str | None = None,
        times: int = 1,
    ) -> Envelope:
        """Publish the event (`times` > 1: duplicates with the same id). `owner` is needed for events without one."""
        teller = event.owner or owner
        if teller is None:
            raise ValueError(f"{type(event).__name__} is told by every service: say which")
        number = version or self._versions.get(event.subject, 0) + 1
        self._versions[event.subject] = number
        source = source_of(teller)
        envelope = Envelope(
            id=event_id(source, event.subject, aggregate_version=number, type=event.type_, n=0),
            source=source,
            type=event.type_,
            subject=event.subject,
            time=at or datetime.now(UTC),
            partition_key=event.partition_key,
            sequence=number,
            seller_id=event.seller_id,
            recorded_time=datetime.now(UTC),
            causation_id=str(uuid4()),
            actor="system:test",
            traceparent=traceparent,
        )
        topic = contacts_topic(teller) if event.key_field == "contact_id" else public_topic(teller)
        for _ in range(times):
            await self.tell_raw(topic.name, event.partition_key, event.to_bytes(), encode_headers(envelope))
        return envelope

    async def tell_raw(self, topic: str, key: str | None, body: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        """Publish any bytes."""
        if self._producer is None:
            raise RuntimeError("the teller is not open")
        await self._producer.send_and_wait(
            topic, key=None if key is None else key.encode(), value=body, headers=headers
        )
