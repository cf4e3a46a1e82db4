"""Dunning of an account as one table: the code runs it and the chart in the README is drawn from it.

Suspension and cancellation are another service's table; invoicing only says what is owed and since when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from saldo_invoicing.domain.errors import IllegalTransition


class DunningState(StrEnum):
    """CLEAR: nothing is open. DUE: something is open, nothing is late. OVERDUE: something open is late."""

    CLEAR = "clear"
    DUE = "due"
    OVERDUE = "overdue"


class DunningTrigger(StrEnum):
    """What can happen to the debts of an account; there is no other way to move its dunning."""

    INVOICE_OPENED = "invoice opened"
    DUE_DATE_PASSED = "due date passed"
    OVERDUE_SETTLED = "overdue settled"
    ALL_SETTLED = "all settled"


@dataclass(frozen=True, slots=True)
class Step:
    """Where a trigger leads, and what is told when it happens."""

    leads_to: DunningState
    tells: tuple[str, ...]


DUNNING: Final[Mapping[tuple[DunningState, DunningTrigger], Step]] = MappingProxyType(
    {
        # An invoice was issued, or reopened because its payment was taken back, and something is open on it.
        (DunningState.CLEAR, DunningTrigger.INVOICE_OPENED): Step(DunningState.DUE, ("BalanceChanged",)),
        (DunningState.DUE, DunningTrigger.INVOICE_OPENED): Step(DunningState.DUE, ("BalanceChanged",)),
        (DunningState.OVERDUE, DunningTrigger.INVOICE_OPENED): Step(DunningState.OVERDUE, ("BalanceChanged",)),
        # The local day after a due date began with something open on the invoice (once per invoice).
        (DunningState.DUE, DunningTrigger.DUE_DATE_PASSED): Step(
            DunningState.OVERDUE, ("InvoiceOverdue", "BalanceChanged")
        ),
        (DunningState.OVERDUE, DunningTrigger.DUE_DATE_PASSED): Step(
            DunningState.OVERDUE, ("InvoiceOverdue", "BalanceChanged")
        ),
        # The last late invoice was settled, but another one is open and not late yet.
        (DunningState.OVERDUE, DunningTrigger.OVERDUE_SETTLED): Step(
            DunningState.DUE, ("InvoicePaid", "BalanceChanged")
        ),
        # Nothing is open any more.
        (DunningState.DUE, DunningTrigger.ALL_SETTLED): Step(
            DunningState.CLEAR, ("InvoicePaid", "BalanceChanged", "BalanceCleared")
        ),
        (DunningState.OVERDUE, DunningTrigger.ALL_SETTLED): Step(
            DunningState.CLEAR, ("InvoicePaid", "BalanceChanged", "BalanceCleared")
        ),
    }
)


def next_state(state: DunningState, trigger: DunningTrigger) -> DunningState:
    """Where the trigger leads; raises IllegalTransition for every pair that is not in the table."""
    step = DUNNING.get((state, trigger))
    if step is None:
        raise IllegalTransition("dunning", state.value, trigger.value)
    return step.leads_to


def chart() -> str:
    """The table as a mermaid state diagram, as it stands in the README."""
    arrows = [
        f"    {state.name} --> {step.leads_to.name}: {trigger.value} / {', '.join(step.tells)}"
        for (state, trigger), step in DUNNING.items()
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {DunningState.CLEAR.name}", *arrows]) + "\n"
