"""64 callers who each wait for their own answer before they pay again, through the product's own door."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import deque
from pathlib import Path
from uuid import uuid4

from saldo_messaging import Runtime
from saldo_payments.application.make_one_time_payment import MakeOneTimePayment
from saldo_telemetry import current_trace, span
from saldo_work import Actor, ActorKind, Cause, RequestKey

from benchmarks.world import CURRENCY, PAYMENT_MINOR_UNITS, SELLER

CALLERS = 64
ROUTE = "POST /v1/accounts/{account_id}/payments"
ORDER_FILE, ANSWER_FILE = "order.json", "answer.json"
PAYER = Actor(kind=ActorKind.AGENT, subject="bench", sellers=frozenset({SELLER}), accounts=None)


class Callers:
    """They begin at SIGUSR1, with the list of accounts that the order names, and leave an answer beside it."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self._runtime = runtime
        self._folder = folder
        self._task: asyncio.Task[None] | None = None

    def wait_for_order(self) -> None:
        """From now on the signal is heard."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._begin)

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._all_pay())

    async def _all_pay(self) -> None:
        accounts = deque(json.loads((self._folder / ORDER_FILE).read_text()))
        payments, began = len(accounts), time.monotonic()
        await asyncio.gather(*(self._one_caller(accounts) for _ in range(CALLERS)))
        answer = {"accepted": payments, "seconds": time.monotonic() - began}
        unfinished = self._folder / f"{ANSWER_FILE}.new"
        unfinished.write_text(json.dumps(answer))
        unfinished.rename(self._folder / ANSWER_FILE)

    async def _one_caller(self, accounts: deque[str]) -> None:
        while accounts:
            await self._pay(accounts.popleft())

    async def _pay(self, account_id: str) -> None:
        key = str(uuid4())
        command = MakeOneTimePayment(
            account_id=account_id,
            minor_units=PAYMENT_MINOR_UNITS,
            currency=CURRENCY,
            payment_method_id=None,
            processor_token="tok_visa",  # noqa: S106  # the processor's public word for a card that pays
            invoice_id=None,
            surplus_confirmed=True,
        )
        with span(ROUTE, kind="server"):
            traceparent, tracestate = current_trace()
            cause = Cause(cause_id=key, actor=PAYER, traceparent=traceparent, tracestate=tracestate)
            await self._runtime.commands.run(command, cause, request_key=RequestKey(str(PAYER), ROUTE, key))
