"""invoicing, textbook: money pays an invoice and stands in the journal: `python -m ... DSN BOOTSTRAP`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.textbook import words
from benchmarks.textbook.house import House, house, run
from benchmarks.textbook.models import Account, Invoice, JournalEntry, JournalLine, Receipt


async def apply(session: AsyncSession, event: words.PaymentSucceeded) -> tuple[Account, Invoice]:
    """Lock the account and its open invoice, apply the money, write the journal."""
    account = await session.get_one(Account, event.account_id, with_for_update=True)
    open_ones = select(Invoice).where(Invoice.account_id == event.account_id, Invoice.open > 0).with_for_update()
    invoice = (await session.scalars(open_ones)).first()
    if invoice is None:
        raise LookupError("nothing is open")
    amount, entry_id = event.amount.minor_units, str(uuid4())
    invoice.open -= amount
    account.open -= amount
    account.version += 1
    session.add(Receipt(receipt_id=event.payment_id, account_id=event.account_id, amount=amount))
    session.add(JournalEntry(entry_id=entry_id, account_id=event.account_id, entered_at=datetime.now(UTC)))
    await session.flush()
    session.add(JournalLine(line_id=str(uuid4()), entry_id=entry_id, debit="cash", credit="receivable", amount=amount))
    return account, invoice


def subscribe(own: House) -> None:
    """Three events a payment."""

    @own.hears(words.PAYMENT_SUCCEEDED)
    async def on_payment_succeeded(event: words.PaymentSucceeded) -> None:
        async with own.sessions() as session, session.begin():
            account, invoice = await apply(session, event)
        key, currency = event.account_id, account.currency
        applied = words.PaymentApplied(account_id=key, payment_id=event.payment_id, amount=event.amount)
        paid = words.InvoicePartiallyPaid(
            account_id=key,
            invoice_id=invoice.invoice_id,
            amount=event.amount,
            open_after=words.Amount(minor_units=invoice.open, currency=currency),
        )
        balance = words.Amount(minor_units=account.open, currency=currency)
        changed = words.BalanceChanged(account_id=key, ledger_version=account.version, balance=balance)
        await asyncio.gather(
            own.tell(words.PAYMENT_APPLIED, applied, key),
            own.tell(words.INVOICE_PARTIALLY_PAID, paid, key),
            own.tell(words.BALANCE_CHANGED, changed, key),
        )


async def main(dsn: str, bootstrap: str) -> None:
    own = house("textbook-invoicing", dsn, bootstrap)
    subscribe(own)
    await run(own)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
