"""Another system's view of billing: reads the public topics with saldo-contracts alone, prints each fact as a line."""

import asyncio
import sys
from decimal import Decimal

from aiokafka import AIOKafkaConsumer
from saldo_contracts.envelope import UnreadableEnvelope, decode_headers
from saldo_contracts.event import Event, UnreadableBody
from saldo_contracts.events import EVENTS
from saldo_contracts.topics import SERVICES, public_topic
from saldo_contracts.wire import Amount

DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "KWD": 3, "BHD": 3, "TND": 3}  # of most others: 2


def readable(amount: Amount) -> str:
    """The wire counts whole minor units; people read 58.31 EUR."""
    decimals = DECIMALS.get(amount.currency, 2)
    return f"{Decimal(amount.minor_units).scaleb(-decimals):.{decimals}f} {amount.currency}"


def facts(event: Event) -> str:
    """What a person would want to see of it: no ids, no nested lists."""
    shown = {name: value for name, value in event if not name.endswith("_id") and isinstance(value, str | int | Amount)}
    texts = {n: readable(v) if isinstance(v, Amount) else v for n, v in shown.items()}
    return " ".join(f"{name}={text}" for name, text in texts.items())


async def main(bootstrap: str) -> None:
    topics = [public_topic(service).name for service in SERVICES]
    async with AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        async for record in consumer:
            try:
                envelope = decode_headers(record.headers)
                event = EVENTS[envelope.type].from_bytes(record.value)
            except (UnreadableEnvelope, UnreadableBody, KeyError):
                continue  # a fact of tomorrow, or nothing of ours: step over it
            print(
                f"{envelope.time:%Y-%m-%d %H:%M} {event.account_id} {type(event).__name__:<27} {facts(event)}",
                flush=True,
            )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
