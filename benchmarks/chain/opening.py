"""Opens one account through invoicing's own handlers, as its API does: `python -m benchmarks.chain.opening FILE`.

It gets a person who receives its mails and one large invoice, which payments then pay bit by bit; it pays by itself, so
no autopay runs beside them. The id is written to
FILE; invoicing's worker relays the events, from which the other services make their copies.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

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


async def open_account(file: Path) -> None:
    """The account and its invoice."""
    async with Runtime(build_from_environment()) as runtime:
        opened = await runtime.commands.run(OPENING, Cause(str(uuid4()), AGENT))
        account_id = str((opened.body or {})["account_id"])
        await runtime.commands.run(_invoice(account_id), Cause(str(uuid4()), AGENT))
    file.write_text(account_id)


if __name__ == "__main__":
    asyncio.run(open_account(Path(sys.argv[1])))
