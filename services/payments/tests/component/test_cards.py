"""Cards on file: checked before use, four at most, one default, the last one guarded."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import pytest
from saldo_contracts.events import (
    AutopayChanged,
    ContactChanged,
    DefaultPaymentMethodChanged,
    Event,
    MethodRejectionReason,
    PaymentFailed,
    PaymentMethodRejected,
    PaymentMethodRemoved,
    PaymentMethodSubmitted,
    PaymentMethodValidated,
    PaymentSucceeded,
    SubscriptionActivated,
    SubscriptionEnded,
)
from saldo_contracts.examples import example_of
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.payments.tests.component.customer import Customer, new_key
from services.payments.tests.simulator import Simulator

EventT = TypeVar("EventT", bound=Event)


@pytest.mark.requirement("IBM-10", "IBM-24")
async def test_a_card_may_be_used_once_the_processor_has_checked_it(
    service: Harness, customer: Customer, simulator: Simulator
) -> None:
    await simulator.fails("error_500", path="/v1/setup_intents", metadata={"account_id": customer.account_id})
    response = await customer.submits_card()
    assert response.status_code == 202
    method_id = response.json()["payment_method_id"]
    submitted = await service.observer.one(PaymentMethodSubmitted, where=lambda e: e.account_id == customer.account_id)
    pending = await customer.http.put(f"{customer.path}/payment-methods/{method_id}/default")
    assert (pending.status_code, pending.json()["code"]) == (409, "method-not-usable")

    validated = await service.observer.one(PaymentMethodValidated, where=lambda e: e.payment_method_id == method_id)
    assert submitted.decision_due_at - validated.validated_at <= timedelta(hours=24)
    assert (validated.is_default, validated.qualifying_after) == (True, 1)
    (card,) = await customer.methods()
    assert (card["status"], card["is_default"], card["brand"], card["last_four"]) == ("active", True, "visa", "4242")


async def test_the_person_of_a_card_is_named_on_the_contacts_topic_alone(service: Harness, customer: Customer) -> None:
    await customer.adds_card()
    named = await service.observer.one(ContactChanged, where=lambda e: e.account_id == customer.account_id)
    validated = await service.observer.one(PaymentMethodValidated, where=lambda e: e.account_id == customer.account_id)
    assert named.contact_id == validated.contact_id
    assert named.email == f"{customer.account_id}@customer.example"
    elsewhere = [record for record in service.observer.raw if record.topic != "billing.payments.contacts.v1"]
    assert not any(b"customer.example" in (record.value or b"") for record in elsewhere)


async def test_a_card_that_the_processor_declines_is_rejected_and_never_charged(
    service: Harness, customer: Customer
) -> None:
    response = await customer.submits_card("pm_card_chargeDeclinedExpiredCard")
    method_id = response.json()["payment_method_id"]
    rejected = await service.observer.one(PaymentMethodRejected, where=lambda e: e.payment_method_id == method_id)
    assert rejected.reason is MethodRejectionReason.EXPIRED
    refused = await customer.pays(100, payment_method_id=method_id, surplus_confirmed=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "method-not-usable")


async def test_the_fifth_card_is_refused_until_one_is_removed(service: Harness, customer: Customer) -> None:
    cards = [await customer.adds_card() for _ in range(4)]
    refused = await customer.submits_card()
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "method-limit-reached", 4)
    told = await service.observer.one(PaymentMethodRejected, where=lambda e: e.account_id == customer.account_id)
    assert (told.reason, told.limit, told.qualifying_after) == (MethodRejectionReason.LIMIT_REACHED, 4, 4)
    await customer.http.delete(f"{customer.path}/payment-methods/{cards[1]}")
    assert (await customer.submits_card()).status_code == 202


async def test_a_card_of_another_brand_and_an_incomplete_form_are_refused(service: Harness, customer: Customer) -> None:
    refused = await customer.submits_card("pm_card_jcb", brand="jcb")
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
        422,
        "brand-not-accepted",
        "card.brand",
    )
    rejected = await service.observer.one(PaymentMethodRejected, where=lambda e: e.account_id == customer.account_id)
    assert rejected.reason is MethodRejectionReason.BRAND_NOT_ACCEPTED
    incomplete = await customer.submits_card(contact={"name": "Ada Example"})
    assert incomplete.status_code == 422
    assert incomplete.json()["errors"][0]["pointer"] == "#/contact/email"


@pytest.mark.requirement("GOTO-55", "GOTO-49")
async def test_the_customer_chooses_the_default_and_switches_autopay(service: Harness, customer: Customer) -> None:
    first, second = await customer.adds_card(), await customer.adds_card("pm_card_mastercard")
    chosen = await customer.http.put(f"{customer.path}/payment-methods/{second}/default", headers=new_key())
    assert (chosen.status_code, chosen.json()["default_payment_method_id"]) == (200, second)
    changes = await service.observer.expect(
        DefaultPaymentMethodChanged, where=lambda e: e.account_id == customer.account_id, count=2
    )
    assert [change.payment_method_id for change in changes] == [first, second]
    assert [card["payment_method_id"] for card in await customer.methods() if card["is_default"]] == [second]

    off = await customer.http.put(f"{customer.path}/autopay", json={"enabled": False})
    assert (off.status_code, off.json()) == (200, {"enabled": False})
    told = await service.observer.one(AutopayChanged, where=lambda e: e.account_id == customer.account_id)
    assert told.enabled is False
    await customer.is_invoiced(1000)
    await service.settled()
    assert service.observer.of(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id) == []
    assert (await customer.http.get(f"{customer.path}/payments")).json()["items"] == []


@pytest.mark.requirement("IBM-21")
async def test_the_last_card_stays_while_a_subscription_is_live(service: Harness, customer: Customer) -> None:
    card = await customer.adds_card()
    await service.teller.tell(_of(customer, example_of(SubscriptionActivated), live_after=1))
    await service.settled()
    refused = await customer.http.delete(f"{customer.path}/payment-methods/{card}")
    assert (refused.status_code, refused.json()["code"]) == (409, "last-method-needed")
    other = await customer.adds_card("pm_card_amex")
    removed = await customer.http.delete(f"{customer.path}/payment-methods/{card}")
    assert (removed.status_code, removed.json()["status"]) == (200, "removed")
    told = await service.observer.one(PaymentMethodRemoved, where=lambda e: e.payment_method_id == card)
    assert (told.was_default, told.qualifying_after) == (True, 1)
    assert [c["payment_method_id"] for c in await customer.methods() if c["is_default"]] == [other]
    await service.teller.tell(_of(customer, example_of(SubscriptionEnded), live_after=0))
    await service.settled()
    assert (await customer.http.delete(f"{customer.path}/payment-methods/{other}")).status_code == 200


async def test_an_invoice_that_came_before_the_first_card_is_collected_when_the_card_is_there(
    service: Harness, customer: Customer
) -> None:
    await customer.is_invoiced(2500)
    failed = await service.observer.one(PaymentFailed, where=lambda e: e.account_id == customer.account_id)
    assert (failed.reason.value, failed.advice.value, failed.attempt_id) == ("no_payment_method", "update_method", None)
    await customer.adds_card()
    paid = await service.observer.one(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)
    assert paid.amount.minor_units == 2500


async def test_another_account_is_not_found_and_a_missing_permission_is_refused(
    service: Harness, customer: Customer, token_issuer: TokenIssuer
) -> None:
    card = await customer.adds_card()
    async with service.client(token_issuer.customer(str(uuid4()))) as stranger:
        assert (await stranger.get(f"{customer.path}/payment-methods")).status_code == 404
        assert (await stranger.delete(f"{customer.path}/payment-methods/{card}")).status_code == 404
        assert (await stranger.put(f"{customer.path}/autopay", json={"enabled": False})).status_code == 404
    async with service.client(token_issuer.issue(permissions=())) as nobody:
        assert (await nobody.get(f"{customer.path}/payment-methods")).status_code == 403
    assert (await customer.methods())[0]["status"] == "active"


def _of(customer: Customer, event: EventT, *, live_after: int) -> EventT:
    own = {"account_id": customer.account_id, "seller_id": customer.seller_id, "live_after": live_after}
    return event.model_copy(update=own)
