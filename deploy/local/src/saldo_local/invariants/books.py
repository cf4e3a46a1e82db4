"""The books: the ledger is zero, and who keeps a copy of what is owed has what invoicing proves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saldo_contracts import events as facts

from saldo_local.invariants.streams import firsts
from saldo_local.invariants.told import Told

TELL_OF_ONE_INVOICE: Final = (
    facts.InvoiceIssued,
    facts.InvoicePartiallyPaid,
    facts.InvoicePaid,
    facts.InvoiceReopened,
)
TELL_OF_SEVERAL: Final = (facts.PaymentApplied, facts.CreditIssued, facts.RefundIssued)


@dataclass(frozen=True, slots=True)
class InvoiceCopy:
    """What payments keeps of an invoice; each version is one fact that was applied."""

    invoice_id: str
    open_minor_units: int
    version: int


def the_ledger_is_zero(statements: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Invoicing's own statements, with what each names."""
    if not statements:
        yield "invoicing watches nothing"
    yield from (f"{one['statement']}: {one['violations']} violations" for one in statements if one["violations"])


def balances_agree(owed: Mapping[str, int], believed: Mapping[str, int]) -> Iterable[str]:
    """Of each account that subscriptions knows a balance of: minor units that invoicing proves and it believes."""
    for account_id, minor_units in believed.items():
        if owed.get(account_id) != minor_units:
            yield f"subscriptions believes that {account_id} owes {minor_units}, it is {owed.get(account_id)}"


def open_amounts_agree(open_amounts: Mapping[str, int], copies: Sequence[InvoiceCopy]) -> Iterable[str]:
    """Of each invoice that payments knows."""
    for copy in copies:
        if open_amounts.get(copy.invoice_id) != copy.open_minor_units:
            yield (
                f"payments believes that {copy.open_minor_units} is open on invoice {copy.invoice_id}, "
                f"it is {open_amounts.get(copy.invoice_id)}"
            )


def no_fact_was_applied_twice(copies: Sequence[InvoiceCopy], told: Sequence[Told]) -> Iterable[str]:
    """More versions of a copy than facts told of its invoice: one of them came twice and had its effect twice."""
    told_of: Counter[str] = Counter()
    for one in firsts(told):
        told_of.update(_invoices_of(one))
    for copy in copies:
        if copy.version > told_of[copy.invoice_id]:
            yield (
                f"the copy of invoice {copy.invoice_id} has {copy.version} versions of {told_of[copy.invoice_id]} "
                "facts: one was applied more than once"
            )


def _invoices_of(one: Told) -> set[str]:
    if isinstance(one.event, TELL_OF_ONE_INVOICE):
        return {one.event.invoice_id}
    if isinstance(one.event, TELL_OF_SEVERAL):
        return {part.invoice_id for part in one.event.applications}
    return set()
