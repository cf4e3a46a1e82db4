"""payments, textbook: callers pay, the processor answers in process: `python -m ... DSN BOOTSTRAP ACCOUNTS_FILE`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from benchmarks.chain.callers import CALLERS
from benchmarks.textbook import words
from benchmarks.textbook.house import House, house, run
from benchmarks.textbook.models import Attempt, OpenInvoice, Payment
from benchmarks.world import CURRENCY, PAYMENT_MINOR_UNITS


async def pay(own: House, account_id: str) -> None:
    """Request, ask the processor, write down its answer, tell."""
    payment_id = str(uuid4())
    async with own.sessions() as session, session.begin():
        payment = Payment(
            payment_id=payment_id,
            account_id=account_id,
            status="charging",
            amount=PAYMENT_MINOR_UNITS,
            currency=CURRENCY,
            requested_at=datetime.now(UTC),
        )
        session.add(payment)
        await session.flush()
        session.add(Attempt(attempt_id=str(uuid4()), payment_id=payment_id, status="calling"))
    now = datetime.now(UTC)  # here the processor has answered
    async with own.sessions() as session, session.begin():
        settled = await session.get_one(Payment, payment_id, with_for_update=True)
        settled.status, settled.ended_at = "succeeded", now
    amount = words.Amount(minor_units=PAYMENT_MINOR_UNITS, currency=CURRENCY)
    event = words.PaymentSucceeded(account_id=account_id, payment_id=payment_id, amount=amount, captured_at=now)
    await own.tell(words.PAYMENT_SUCCEEDED, event, account_id)


def subscribe(own: House) -> None:
    """Copies of what invoicing tells."""

    @own.hears(words.PAYMENT_APPLIED)
    async def on_payment_applied(event: words.PaymentApplied) -> None:
        async with own.sessions() as session, session.begin():
            payment = await session.get_one(Payment, event.payment_id, with_for_update=True)
            payment.applied = True

    @own.hears(words.INVOICE_PARTIALLY_PAID)
    async def on_invoice_partially_paid(event: words.InvoicePartiallyPaid) -> None:
        async with own.sessions() as session, session.begin():
            invoice = await session.get_one(OpenInvoice, event.invoice_id, with_for_update=True)
            invoice.open = event.open_after.minor_units


async def all_pay(own: House, file: Path) -> None:
    """As many callers as the house's chain has."""
    accounts = deque(json.loads(file.read_text()))

    async def caller() -> None:
        while accounts:
            await pay(own, accounts.popleft())

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


async def main(dsn: str, bootstrap: str, accounts_file: str) -> None:
    own = house("textbook-payments", dsn, bootstrap)
    subscribe(own)
    await run(own, lambda: all_pay(own, Path(accounts_file)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
