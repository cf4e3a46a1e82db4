"""Subscribes an account to three plans through subscriptions' own handlers: `python -m ... ID`."""

from __future__ import annotations

import asyncio
import sys
from uuid import uuid4

from saldo_messaging import Runtime
from saldo_subscriptions.application.start_subscription import StartSubscription
from saldo_subscriptions.bootstrap import build_from_environment
from saldo_work import Actor, ActorKind, Cause

from benchmarks.world import SELLER

PLANS = ("connect-monthly", "support-monthly", "suite-monthly")  # 60 + 40 + 300 a month, renewed on the same day
AGENT = Actor(kind=ActorKind.AGENT, subject="bench", sellers=frozenset({SELLER}), accounts=None)


class NotPlaced(Exception):
    """An order of the bench was refused; the text is its answer."""


async def subscribe(account_id: str) -> None:
    """From today on. Raises NotPlaced."""
    async with Runtime(build_from_environment()) as runtime:
        for plan in PLANS:
            order = StartSubscription(account_id=account_id, plan_code=plan, quantity=1, starts_on=None)
            answered = await runtime.commands.run(order, Cause(str(uuid4()), AGENT))
            if (answered.body or {}).get("status") != "placed":
                raise NotPlaced(str(answered.body))


if __name__ == "__main__":
    asyncio.run(subscribe(sys.argv[1]))
