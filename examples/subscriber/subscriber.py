"""Another system's view of billing: reads the public topics with saldo-contracts alone, prints each fact as a line."""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer
from saldo_contracts.envelope import UnreadableEnvelope, decode_headers
from saldo_contracts.event import UnreadableBody
from saldo_contracts.events import EVENTS
from saldo_contracts.topics import SERVICES, public_topic


async def main(bootstrap: str) -> None:
    topics = [public_topic(service).name for service in SERVICES]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    async with consumer:
        async for record in consumer:
            try:
                envelope = decode_headers(record.headers)
                event = EVENTS[envelope.type].from_bytes(record.value)
            except (UnreadableEnvelope, UnreadableBody, KeyError):
                continue  # a fact of tomorrow, or nothing of ours: step over it
            facts = event.model_dump_json(exclude={"account_id", "seller_id"}, exclude_none=True)
            print(f"{envelope.time:%Y-%m-%d %H:%M}  {event.account_id}  {type(event).__name__:<28} {facts}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
