"""What pays what: intended first, then the oldest due, the surplus is credit; a reversal takes it back."""

from __future__ import annotations

import pytest
from saldo_invoicing.domain.errors import IllegalTransition, ReversalExceedsPayment
from saldo_invoicing.domain.events import (
    InvoiceWasReopened,
    InvoiceWasSettled,
    PaymentWasApplied,
    SettledBy,
)
from saldo_invoicing.domain.invoice import InvoiceStatus
from saldo_money import Money

from services.invoicing.tests.unit.world import START, World


def test_a_payment_goes_to_the_intended_invoice_then_to_the_oldest() -> None:
    world = World()
    first, second, third = world.issue(100), world.issue(100), world.issue(100)
    world.pay(119 + 119 + 19, third.invoice_id)
    assert [one.open.minor_units for one in (first, second, third)] == [0, 100, 0]
    (applied,) = [event for event in world.told if isinstance(event, PaymentWasApplied)]
    assert [part.invoice_id for part in applied.parts] == [third.invoice_id, first.invoice_id, second.invoice_id]


def test_an_intended_invoice_that_is_paid_already_is_passed_over() -> None:
    world = World()
    first = world.issue(100)
    world.pay(119, first.invoice_id)
    second = world.issue(100)
    world.pay(119, first.invoice_id, "not one of this account")
    assert second.status is InvoiceStatus.PAID


def test_a_surplus_becomes_credit_and_pays_the_next_invoice() -> None:
    world = World()
    world.issue(100)
    receipt = world.pay(150)
    assert (world.account.credit.minor_units, world.account.balance.minor_units) == (31, -31)
    second = world.issue(100)
    assert (second.status, second.open.minor_units, second.paid.minor_units) == (InvoiceStatus.PARTIALLY_PAID, 88, 31)
    settled = [event for event in world.told if isinstance(event, InvoiceWasSettled)][-1]
    assert (settled.settled_by, settled.payment_id) == (SettledBy.PAYMENT, receipt.receipt_id)


def test_a_reversal_reopens_what_the_payment_paid_latest_due_first() -> None:
    world = World()
    first = world.issue(100)
    world.days_pass(1)
    second = world.issue(100)
    receipt = world.pay(119 + 119)
    world.reverse(receipt, 150)
    assert (first.open.minor_units, second.open.minor_units) == (31, 119)
    reopened = [event for event in world.told if isinstance(event, InvoiceWasReopened)]
    assert [(one.amount.minor_units, one.open_after.minor_units) for one in reopened] == [(119, 119), (31, 31)]
    assert [one.debit.value for one in world.lines[-2:]] == ["receivable", "receivable"]


def test_a_reversal_takes_the_unused_surplus_first_and_then_what_was_paid_with_it() -> None:
    world = World()
    receipt = world.pay(200)
    invoice = world.issue(100)
    assert invoice.status is InvoiceStatus.PAID
    world.reverse(receipt, 81)
    assert (world.account.credit.minor_units, invoice.status) == (0, InvoiceStatus.PAID)
    world.reverse(receipt, 119)
    assert (invoice.open.minor_units, invoice.status) == (119, InvoiceStatus.UNPAID)


def test_another_credit_that_waits_covers_what_a_reversal_reopens() -> None:
    world = World()
    invoice = world.issue(100)
    first = world.pay(119)
    world.pay(119)
    world.reverse(first, 119)
    assert (invoice.status, world.account.credit.minor_units) == (InvoiceStatus.PAID, 0)


def test_no_more_is_taken_back_than_a_payment_brought() -> None:
    world = World()
    world.issue(100)
    receipt = world.pay(119)
    for amount in (120, 0, -1):
        with pytest.raises(ReversalExceedsPayment):
            world.reverse(receipt, amount)
    world.reverse(receipt, 119)
    with pytest.raises(ReversalExceedsPayment):
        world.reverse(receipt, 1)


def test_a_document_of_nothing_is_paid_at_once_and_moves_nothing() -> None:
    world = World()
    invoice = world.issue(0)
    assert (invoice.status, world.lines, world.account.ledger_version) == (InvoiceStatus.PAID, [], 0)


def test_an_invoice_knows_no_other_transition() -> None:
    world = World()
    invoice = world.issue(100)
    with pytest.raises(IllegalTransition):
        invoice.reopen(Money(1, "EUR"), "payment")
    receipt = world.pay(119)
    with pytest.raises(IllegalTransition):
        invoice.settle(receipt, START)
    with pytest.raises(IllegalTransition):
        invoice.reopen(Money(120, "EUR"), receipt.receipt_id)
