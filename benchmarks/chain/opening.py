"""Opens one account through invoicing's own handlers, as its API does: `python -m benchmarks.chain.opening FILE HOW`.

It gets a person who receives its mails, and pays by itself, so that no autopay runs beside what is measured. HOW is
`owing` (one large invoice, which payments then pay bit by bit) or `paid-ahead` (money for the first month of what it
will subscribe to). Its id is written to FILE; invoicing's worker relays the events, of which others make their copies.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

from saldo_invoicing.application.apply_payment import ApplyPayment
from saldo_invoicing.application.issue_invoice import IssueInvoice
from saldo_invoicing.application.open_account import OpenAccount, Preferences
from saldo_invoicing.application.people import Person
from saldo_invoicing.bootstrap import build_from_environment
from saldo_invoicing.domain.account import Collection
from saldo_invoicing.domain.document import Charge, LineKind
from saldo_messaging import Runtime
from saldo_work import Actor, ActorKind, Cause

from benchmarks.world import CURRENCY, SELLER

INVOICE_MINOR_UNITS = 1_000_000_00  # more than any run pays
FIRST_MONTH_MINOR_UNITS = 400_00  # of the three plans in `subscribing`
AGENT = Actor(kind=ActorKind.AGENT, subject="bench", sellers=frozenset({SELLER}), accounts=None)

OPENING = OpenAccount(
    seller_id=SELLER,
    currency=CURRENCY,
    preferences=Preferences(language="en", collection=Collection.BY_TRANSFER.value),
    address=None,
    people=(Person(email="payer@example.org", name="Payer", language="en", primary=True),),
)


def _invoice(account_id: str) -> IssueInvoice:
    charge = Charge(
        line_id=str(uuid4()),
        kind=LineKind.ONE_TIME,
        description_key="plan",
        net_minor_units=INVOICE_MINOR_UNITS,
        tax_category="standard",
    )
    return IssueInvoice(
        account_id=account_id, seller_id=SELLER, charges_id=str(uuid4()), currency=CURRENCY, charges=(charge,)
    )


def _money_ahead(account_id: str) -> ApplyPayment:
    return ApplyPayment(account_id, str(uuid4()), FIRST_MONTH_MINOR_UNITS, CURRENCY)


async def open_account(file: Path, how: str) -> None:
    """The account, and what it owes or has."""
    then = {"owing": _invoice, "paid-ahead": _money_ahead}[how]
    async with Runtime(build_from_environment()) as runtime:
        opened = await runtime.commands.run(OPENING, Cause(str(uuid4()), AGENT))
        account_id = str((opened.body or {})["account_id"])
        await runtime.commands.run(then(account_id), Cause(str(uuid4()), AGENT))
    file.write_text(account_id)


if __name__ == "__main__":
    asyncio.run(open_account(Path(sys.argv[1]), sys.argv[2]))
