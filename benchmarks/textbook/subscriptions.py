"""subscriptions, textbook: keeps the newest balance of an account: `python -m ... DSN BOOTSTRAP`."""

from __future__ import annotations

import asyncio
import sys

from benchmarks.textbook import words
from benchmarks.textbook.house import House, house, run
from benchmarks.textbook.models import Standing


def subscribe(own: House) -> None:
    """An older balance is passed over."""

    @own.hears(words.BALANCE_CHANGED)
    async def on_balance_changed(event: words.BalanceChanged) -> None:
        async with own.sessions() as session, session.begin():
            standing = await session.get_one(Standing, event.account_id, with_for_update=True)
            if event.ledger_version > standing.ledger_version:
                standing.ledger_version, standing.balance = event.ledger_version, event.balance.minor_units


async def main(dsn: str, bootstrap: str) -> None:
    own = house("textbook-subscriptions", dsn, bootstrap)
    subscribe(own)
    await run(own)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
