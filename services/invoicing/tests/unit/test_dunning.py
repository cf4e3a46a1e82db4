"""Every transition of the dunning table, and every one that it does not have."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from saldo_invoicing.domain.dunning import DUNNING, DunningState, DunningTrigger, chart, next_state
from saldo_invoicing.domain.errors import IllegalTransition
from saldo_invoicing.domain.events import BalanceMoved, BalanceWasCleared, InvoiceFellOverdue, Movement
from saldo_invoicing.domain.invoice import InvoiceStatus

from services.invoicing.tests.unit.world import World

CLEAR, DUE, OVERDUE = DunningState
OPENED, PASSED, OVERDUE_SETTLED, ALL_SETTLED = DunningTrigger

ALLOWED = {
    (CLEAR, OPENED): DUE,
    (DUE, OPENED): DUE,
    (OVERDUE, OPENED): OVERDUE,
    (DUE, PASSED): OVERDUE,
    (OVERDUE, PASSED): OVERDUE,
    (OVERDUE, OVERDUE_SETTLED): DUE,
    (DUE, ALL_SETTLED): CLEAR,
    (OVERDUE, ALL_SETTLED): CLEAR,
}


@pytest.mark.parametrize(("state", "trigger"), ALLOWED)
def test_a_transition_of_the_table(state: DunningState, trigger: DunningTrigger) -> None:
    assert next_state(state, trigger) is ALLOWED[state, trigger]


@pytest.mark.parametrize(
    ("state", "trigger"), [pair for pair in product(DunningState, DunningTrigger) if pair not in ALLOWED]
)
def test_a_transition_that_the_table_does_not_have(state: DunningState, trigger: DunningTrigger) -> None:
    with pytest.raises(IllegalTransition) as refused:
        next_state(state, trigger)
    assert (refused.value.state, refused.value.trigger) == (state.value, trigger.value)


def test_every_state_is_left_again_and_every_step_is_told() -> None:
    for state in DunningState:
        assert any(here is state and step.leads_to is not state for (here, _), step in DUNNING.items())
    assert all(step.tells for step in DUNNING.values())


def test_the_chart_in_the_readme_is_drawn_from_the_table() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert f"```mermaid\n{chart()}```" in readme


def test_an_account_goes_from_clear_to_due_to_overdue_to_clear() -> None:
    world = World()
    assert world.account.dunning is CLEAR
    world.issue(100_00)
    assert world.account.dunning is DUE
    world.days_pass(1)
    assert world.account.dunning is OVERDUE
    world.pay(119_00)
    assert world.account.dunning is CLEAR


def test_an_overdue_account_that_settles_what_is_late_still_owes_what_is_due() -> None:
    world = World()
    late = world.issue(100_00)
    world.days_pass(1)
    world.issue(50_00)
    world.pay(119_00, late.invoice_id)
    assert world.account.dunning is DUE
    assert world.account.overdue.is_zero
    assert world.account.oldest_overdue_due_on is None


def test_an_invoice_is_overdue_from_the_local_day_after_its_due_date_and_not_before() -> None:
    world = World()
    invoice = world.issue(100)
    world.days_pass(0)
    assert invoice.overdue_since is None
    world.days_pass(1)
    assert invoice.overdue_since == world.now.date()
    assert [event for event in world.told if isinstance(event, InvoiceFellOverdue)] != []


def test_a_reversed_payment_makes_a_paid_invoice_overdue_at_once_when_its_day_is_over() -> None:
    world = World()
    invoice = world.issue(100)
    receipt = world.pay(119)
    world.days_pass(3)
    assert invoice.overdue_since is None
    world.reverse(receipt, 119)
    assert (world.account.dunning, invoice.status) == (OVERDUE, InvoiceStatus.UNPAID)
    assert sum(isinstance(event, InvoiceFellOverdue) for event in world.told) == 1


def test_the_invoice_that_was_overdue_before_is_told_once_however_often_it_is_reopened() -> None:
    world = World()
    world.issue(100)
    world.days_pass(1)
    receipt = world.pay(119)
    assert world.account.dunning is CLEAR
    world.reverse(receipt, 119)
    assert world.account.dunning is OVERDUE
    assert sum(isinstance(event, InvoiceFellOverdue) for event in world.told) == 1


def test_the_balance_is_cleared_at_exactly_zero_and_not_at_a_cent() -> None:
    world = World()
    world.issue(100_00)
    world.pay(118_99)
    assert not any(isinstance(event, BalanceWasCleared) for event in world.told)
    world.pay(1)
    assert sum(isinstance(event, BalanceWasCleared) for event in world.told) == 1


def test_a_passed_due_date_moves_the_overdue_amount_and_not_the_balance() -> None:
    world = World()
    world.issue(100_00)
    world.days_pass(1)
    moved = [event for event in world.told if isinstance(event, BalanceMoved)][-1]
    assert (moved.movement, moved.changed_by.minor_units) == (Movement.DUE_DATE_PASSED, 0)
    assert (world.account.overdue.minor_units, world.account.ledger_version) == (119_00, 2)


def test_being_late_costs_a_fee_once_and_nothing_by_default() -> None:
    world = World(late_fee=500)
    invoice = world.issue(100_00)
    world.days_pass(1)
    receipt = world.pay(119_00)
    world.reverse(receipt, 119_00)
    assert [(fee.invoice_id, fee.fee_minor_units) for fee in world.account.late_fees] == [(invoice.invoice_id, 500)]
    other = World()
    other.issue(100_00)
    other.days_pass(1)
    assert other.account.late_fees == ()
