"""Commands that integration tests run through a real runner on a real database."""

from __future__ import annotations

from uuid import uuid4

from saldo_invoicing.application.apply_payment import ApplyPayment
from saldo_invoicing.application.issue_invoice import IssueInvoice
from saldo_invoicing.application.open_account import OpenAccount, Preferences
from saldo_invoicing.application.people import Person
from saldo_messaging import Runtime
from saldo_work import Cause, system_actor

from services.invoicing.tests.unit.world import charge


async def run(runtime: Runtime, command: object) -> dict[str, object]:
    """The command's answer."""
    cause = Cause(cause_id=str(uuid4()), actor=system_actor("invoicing"))
    answered = await runtime.commands.run(command, cause)
    return dict(answered.body or {})


async def open_account(runtime: Runtime, *, currency: str = "USD") -> str:
    """A new account's id."""
    people = (Person("ada@example.com", primary=True),)
    command = OpenAccount("borealis", currency, Preferences("en", "automatic"), None, people)
    return str((await run(runtime, command))["account_id"])


async def issue(runtime: Runtime, account_id: str, *nets: int) -> str:
    """A new invoice's id."""
    charges = tuple(charge(net) for net in nets)
    return str((await run(runtime, IssueInvoice(account_id, "borealis", str(uuid4()), "USD", charges)))["invoice_id"])


async def pay(runtime: Runtime, account_id: str, minor_units: int) -> None:
    """A payment comes."""
    await run(runtime, ApplyPayment(account_id, str(uuid4()), minor_units, "USD"))
