"""All sentences that hold at rest, in the order of a payment's way, each with what stands against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from saldo_local.invariants.books import (
    balances_agree,
    no_fact_was_applied_twice,
    open_amounts_agree,
    the_ledger_is_zero,
)
from saldo_local.invariants.evidence import Evidence
from saldo_local.invariants.mails import mails_are_facts
from saldo_local.invariants.money import money_in_is_money_applied
from saldo_local.invariants.streams import a_repeat_is_the_same_event, versions_never_fall

BACKLOGS: Final = (
    "outbox",
    "outbox_parked",
    "lag",
    "claims",
    "timers_due",
    "timers_parked",
    "messages_waiting",
    "dead_letters",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that must hold, and every fault found; none is what everybody wants."""

    sentence: str
    faults: Sequence[str]


def hold(evidence: Evidence) -> Sequence[Statement]:
    """What needs no more than the evidence; who hears what is each service's own knowledge and comes on top."""
    told = evidence.told
    return [
        Statement("nothing is under way, parked or dead", [*nothing_is_left(evidence.reports)]),
        Statement("a fact has one id, and a repeat is the same event", [*a_repeat_is_the_same_event(told)]),
        Statement("an account's events stand in the order of their versions", [*versions_never_fall(told)]),
        Statement("no fact was applied twice", [*no_fact_was_applied_twice(evidence.copies, told)]),
        Statement(
            "money taken is money collected is money applied", [*money_in_is_money_applied(evidence.charges, told)]
        ),
        Statement("the ledger is zero", [*the_ledger_is_zero(evidence.ledger)]),
        Statement(
            "invoicing, payments and subscriptions agree on what is owed",
            [
                *balances_agree(evidence.owed, evidence.believed),
                *open_amounts_agree(evidence.open_amounts, evidence.copies),
            ],
        ),
        Statement("mails are facts", [*mails_are_facts(evidence.notices, evidence.arrived, told)]),
    ]


def nothing_is_left(reports: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Of each process's own report at rest."""
    for report in reports:
        for backlog in BACKLOGS:
            if report.get(backlog):
                yield f"{report.get('service')} {report.get('process')} has {report[backlog]} {backlog}"
