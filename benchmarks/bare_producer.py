"""A bare aiokafka producer with the relay's records: `python -m ... BOOTSTRAP TOPIC HOW EVENTS`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from benchmarks.topic import Record, bare_producer, enveloped, send_batches
from benchmarks.world import payments_succeeded

CHUNK = 2_000  # as many as the relay takes at once
WARM_UP_SHARE = 0.1


async def main(bootstrap: str, topic: str, how: str, events: str) -> None:
    """Prints `events/s N`."""
    records = enveloped(payments_succeeded(int(events)))
    warm_up = int(len(records) * WARM_UP_SHARE)
    send = {"send": _send_and_gather, "batches": send_batches}[how]
    async with bare_producer(bootstrap) as producer:
        await send(producer, topic, records[:warm_up])
        began = time.monotonic()
        for start in range(warm_up, len(records), CHUNK):
            await send(producer, topic, records[start : start + CHUNK])
        print(f"events/s {(len(records) - warm_up) / (time.monotonic() - began):.1f}", flush=True)


async def _send_and_gather(producer: AIOKafkaProducer, topic: str, records: Sequence[Record]) -> None:
    sent = [await producer.send(topic, record.body, key=record.key, headers=record.headers) for record in records]
    await asyncio.gather(*sent)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
