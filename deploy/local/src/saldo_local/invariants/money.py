"""Money in is money applied: the processor's own ledger against what payments told and what invoicing applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from saldo_contracts import events as facts

from saldo_local.invariants.streams import firsts
from saldo_local.invariants.told import Told

Taken: TypeAlias = tuple[str, int, str]
"""payment id, minor units, currency"""


def money_in_is_money_applied(charges: Sequence[Mapping[str, Any]], told: Sequence[Told]) -> Iterable[str]:
    """Charge by charge. A payment that no processor was asked for (offline) is applied without a charge."""
    charged = Counter(_charge(one) for one in charges)
    once = firsts(told)
    succeeded = [one.event for one in once if isinstance(one.event, facts.PaymentSucceeded)]
    collected = Counter(_taken(one) for one in succeeded if one.attempt_id is not None)
    offline = Counter(_taken(one) for one in succeeded if one.attempt_id is None)
    applied = Counter(_taken(one.event) for one in once if isinstance(one.event, facts.PaymentApplied))
    yield from (f"the processor took {_words(one)} {times} times" for one, times in charged.items() if times > 1)
    yield from _differences("collected", charged, collected)
    yield from _differences("applied", charged, applied - offline)


def _differences(name: str, charged: Counter[Taken], believed: Counter[Taken]) -> Iterable[str]:
    yield from (f"taken and not {name}: {_words(one)}" for one in (charged - believed).elements())
    yield from (f"{name} and not taken: {_words(one)}" for one in (believed - charged).elements())


def _charge(one: Mapping[str, Any]) -> Taken:
    return str(one["metadata"].get("payment_id", "")), int(one["amount_captured"]), str(one["currency"]).upper()


def _taken(event: facts.PaymentSucceeded | facts.PaymentApplied) -> Taken:
    return event.payment_id, event.amount.minor_units, event.amount.currency


def _words(one: Taken) -> str:
    payment_id, minor_units, currency = one
    return f"payment {payment_id} of {minor_units} {currency} minor units"
