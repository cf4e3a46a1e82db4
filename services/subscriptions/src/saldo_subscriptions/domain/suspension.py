"""The state table of late payment: what may become of an account's service, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from saldo_subscriptions.domain.errors import IllegalTransition


class ServiceState(StrEnum):
    """Where an account's service stands. The chart in the README is drawn from `SUSPENSION_TABLE`."""

    ACTIVE = "active"
    SUSPENSION_SCHEDULED = "suspension_scheduled"
    SUSPENDED = "suspended"
    CANCELLED_NON_PAYMENT = "cancelled_non_payment"


class Trigger(StrEnum):
    """What may move the state. The first three are the ways to read one snapshot of the balance."""

    OVERDUE = "an invoice is overdue"
    NOT_OVERDUE = "nothing is overdue, something is owed"
    CLEARED = "the balance is 0.00"
    SUSPENSION_DATE = "the suspension date came"
    CANCELLATION_DATE = "the cancellation date came"
    OVERRIDE = "an agent put the suspension off"
    ORDER = "a new order was accepted"


class Told(StrEnum):
    """What the world is told when a state is entered this way."""

    SUSPENDED = "ServiceSuspended"
    REACTIVATED = "ServiceReactivated"
    CANCELLED = "SubscriptionDowngraded"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a trigger leads, and what is told on the way (nothing: the world sees no difference)."""

    to: ServiceState
    tells: Told | None = None


_S = ServiceState
_T = Trigger

SUSPENSION_TABLE: Final[Mapping[ServiceState, Mapping[Trigger, Move]]] = {
    _S.ACTIVE: {
        _T.OVERDUE: Move(_S.SUSPENSION_SCHEDULED),
        _T.NOT_OVERDUE: Move(_S.ACTIVE),
        _T.CLEARED: Move(_S.ACTIVE),
        _T.ORDER: Move(_S.ACTIVE),
    },
    _S.SUSPENSION_SCHEDULED: {
        # The dates follow the oldest invoice that is still overdue: paying it moves them.
        _T.OVERDUE: Move(_S.SUSPENSION_SCHEDULED),
        _T.NOT_OVERDUE: Move(_S.ACTIVE),
        _T.CLEARED: Move(_S.ACTIVE),
        _T.SUSPENSION_DATE: Move(_S.SUSPENDED, Told.SUSPENDED),
        _T.OVERRIDE: Move(_S.SUSPENSION_SCHEDULED),
    },
    _S.SUSPENDED: {
        # C-24: partial payment never re-enables, not even when nothing is overdue any more.
        _T.OVERDUE: Move(_S.SUSPENDED),
        _T.NOT_OVERDUE: Move(_S.SUSPENDED),
        _T.CLEARED: Move(_S.ACTIVE, Told.REACTIVATED),
        _T.CANCELLATION_DATE: Move(_S.CANCELLED_NON_PAYMENT, Told.CANCELLED),
        _T.OVERRIDE: Move(_S.SUSPENSION_SCHEDULED, Told.REACTIVATED),
    },
    _S.CANCELLED_NON_PAYMENT: {
        # C-26: final for what was cancelled; the account stays on the free level until it orders anew (ZOOM-01).
        _T.OVERDUE: Move(_S.CANCELLED_NON_PAYMENT),
        _T.NOT_OVERDUE: Move(_S.CANCELLED_NON_PAYMENT),
        _T.CLEARED: Move(_S.CANCELLED_NON_PAYMENT),
        _T.ORDER: Move(_S.ACTIVE),
    },
}

# Every pair that the table leaves out, with the reason why it cannot happen; the two together are complete.
IMPOSSIBLE: Final[Mapping[tuple[ServiceState, Trigger], str]] = {
    (_S.ACTIVE, _T.SUSPENSION_DATE): "an active account has no suspension date",
    (_S.ACTIVE, _T.CANCELLATION_DATE): "an active account has no cancellation date",
    (_S.ACTIVE, _T.OVERRIDE): "there is nothing to override; the agent is told so",
    (_S.SUSPENSION_SCHEDULED, _T.CANCELLATION_DATE): "suspension comes first, also when both dates have passed",
    (_S.SUSPENSION_SCHEDULED, _T.ORDER): "orders are refused while anything is overdue (C-23)",
    (_S.SUSPENDED, _T.SUSPENSION_DATE): "it is suspended already",
    (_S.SUSPENDED, _T.ORDER): "orders are refused while the service is suspended",
    (_S.CANCELLED_NON_PAYMENT, _T.SUSPENSION_DATE): "what was cancelled cannot be suspended",
    (_S.CANCELLED_NON_PAYMENT, _T.CANCELLATION_DATE): "it is cancelled already",
    (_S.CANCELLED_NON_PAYMENT, _T.OVERRIDE): "a cancellation is final; the agent is told so",
}


def move_of(state: ServiceState, trigger: Trigger) -> Move:
    """Where the trigger leads from this state; raises IllegalTransition where the table has no way."""
    try:
        return SUSPENSION_TABLE[state][trigger]
    except KeyError:
        raise IllegalTransition(state, trigger) from None


def chart() -> str:
    """The table as a Mermaid state diagram, moves that stay where they are left out."""
    lines = ["stateDiagram-v2", "    [*] --> ACTIVE: the account was opened"]
    for state, moves in SUSPENSION_TABLE.items():
        for trigger, move in moves.items():
            if move.to is not state:
                told = f" / {move.tells.value}" if move.tells else ""
                lines.append(f"    {state.name} --> {move.to.name}: {trigger.value}{told}")
    return "\n".join(lines) + "\n"
