"""Invoices are charged when they are issued, by the default card, where the customer wants it (C-13)."""

from __future__ import annotations

import pytest
from saldo_contracts.events import PaymentInitiated, PaymentOrigin, PaymentSucceeded
from saldo_testkit.harness import Harness

from services.payments.tests.component.customer import Customer, eur


@pytest.mark.requirement("GOTO-40")
async def test_the_default_card_is_charged_when_an_invoice_is_issued(service: Harness, customer: Customer) -> None:
    card = await customer.adds_card()
    invoice = await customer.is_invoiced(4700)
    paid = await service.observer.one(PaymentSucceeded, where=lambda event: event.account_id == customer.account_id)
    begun = await service.observer.one(PaymentInitiated, where=lambda event: event.account_id == customer.account_id)
    assert paid.amount == eur(4700)
    assert paid.intended_invoice_ids == (invoice.invoice_id,)
    assert paid.payment_method_id == card
    assert (paid.origin, paid.customer_present) == (PaymentOrigin.AUTOPAY, False)
    assert (paid.method.brand, paid.method.last_four) == ("visa", "4242")
    assert begun.attempt_id == paid.attempt_id
