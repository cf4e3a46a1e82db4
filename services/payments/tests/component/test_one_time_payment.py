"""The payer pays any amount at any moment, by a card that is not kept, and nothing of it stays (IBM-02, IBM-03)."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from saldo_contracts.events import (
    PaymentInitiated,
    PaymentMethodSubmitted,
    PaymentOrigin,
    PaymentSucceeded,
)
from saldo_testkit.harness import Harness

from services.payments.tests.component.customer import Customer, eur
from services.payments.tests.component.every_column import places_of
from services.payments.tests.simulator import Simulator


@pytest.mark.requirement("IBM-03", "IBM-17")
async def test_a_one_time_payment_leaves_no_trace_of_its_card(
    service: Harness, customer: Customer, simulator: Simulator, capfd: pytest.CaptureFixture[str]
) -> None:
    before = await customer.methods()
    token = await simulator.new_card()
    answer = await customer.pays(4550, processor_token=token, surplus_confirmed=True)
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    paid = await service.observer.one(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)
    begun = await service.observer.one(PaymentInitiated, where=lambda e: e.account_id == customer.account_id)
    assert (paid.amount, paid.origin, paid.payment_method_id) == (eur(4550), PaymentOrigin.ONE_TIME, None)
    assert (paid.method.brand, paid.method.last_four) == ("visa", "4242")
    assert (begun.customer_present, begun.method.brand) == (True, None)

    assert await customer.methods() == before
    assert service.observer.of(PaymentMethodSubmitted, where=lambda e: e.account_id == customer.account_id) == []
    assert await places_of(token, service.runtime.database) == []
    assert not any(token.encode() in (record.value or b"") for record in service.observer.raw)
    assert token not in answer.text + str(await customer.payment(paid.payment_id))
    assert token not in "".join(capfd.readouterr())


async def test_the_search_for_traces_finds_a_token_while_the_attempt_lasts(
    service: Harness, customer: Customer, simulator: Simulator
) -> None:
    token = await simulator.new_card()
    await simulator.fails("silent", payment_method=token)
    answer = await customer.pays(300, processor_token=token, surplus_confirmed=True)
    assert (answer.status_code, answer.json()["status"]) == (200, "in_doubt")
    assert await places_of(token, service.runtime.database) == ["payments.one_time_token"]
    await simulator.heal()
    await service.observer.one(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)
    assert await places_of(token, service.runtime.database) == []


async def test_more_than_is_owed_needs_a_word_of_the_payer(service: Harness, customer: Customer) -> None:
    await customer.http.put(f"{customer.path}/autopay", json={"enabled": False})
    card = await customer.adds_card()
    invoice = await customer.is_invoiced(12000)
    await service.settled()
    part = await customer.pays(4550, payment_method_id=card)
    assert (part.status_code, part.json()["status"]) == (200, "succeeded")
    refused = await customer.pays(7451, payment_method_id=card)
    assert (refused.status_code, refused.json()["code"], refused.json()["owed_minor_units"]) == (
        409,
        "more-than-owed",
        7450,
    )
    await customer.sees_applied(part.json()["payment_id"], (invoice, 4550, 7450))
    await service.settled()
    still = await customer.pays(7451, payment_method_id=card)
    assert (still.status_code, still.json()["owed_minor_units"]) == (409, 7450)
    assert (await customer.pays(7451, payment_method_id=card, surplus_confirmed=True)).json()["status"] == "succeeded"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"amount": {"minor_units": 0, "currency": "EUR"}}, 422, "amount-not-positive", "amount.minor_units"),
        ({"amount": {"minor_units": -1, "currency": "EUR"}}, 422, "amount-not-positive", "amount.minor_units"),
        ({"amount": {"minor_units": 100, "currency": "USD"}}, 422, "wrong-currency", "amount.currency"),
        ({"processor_token": None}, 422, "one-way-to-pay", "payment_method_id"),
        ({"payment_method_id": str(uuid4())}, 422, "one-way-to-pay", "payment_method_id"),
        ({"invoice_id": str(uuid4())}, 409, "invoice-not-open", "invoice_id"),
        ({"surplus_confirmed": False}, 409, "more-than-owed", "surplus_confirmed"),
    ],
)
async def test_what_cannot_be_paid_is_refused_naming_the_field(
    service: Harness, customer: Customer, body: dict[str, object], status: int, code: str, field: str
) -> None:
    await service.settled()
    wished: dict[str, object] = {"processor_token": "pm_card_visa", "surplus_confirmed": True, **body}
    refused = await customer.asks_to_pay({"amount": {"minor_units": 100, "currency": "EUR"}, **wished})
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (status, code, field)
    assert (await customer.http.get(f"{customer.path}/payments")).json()["items"] == []


async def test_a_repeated_request_pays_once(service: Harness, customer: Customer, simulator: Simulator) -> None:
    key = str(uuid4())
    answers = [
        await customer.pays(700, key=key, processor_token="pm_card_visa", surplus_confirmed=True) for _ in range(3)
    ]
    assert {answer.json()["payment_id"] for answer in answers} == {answers[0].json()["payment_id"]}
    assert answers[2].headers["Idempotency-Replayed"] == "true"
    other = await customer.pays(701, key=key, processor_token="pm_card_visa", surplus_confirmed=True)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    await service.settled()
    assert len(service.observer.of(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)) == 1
    assert [i["amount_received"] for i in await simulator.intents_of_account(customer.account_id)] == [700]


async def test_an_invoice_is_never_paid_twice_by_autopay_and_payer_together(
    service: Harness, customer: Customer, simulator: Simulator
) -> None:
    card = await customer.adds_card()
    invoice = await customer.is_invoiced(6000)
    await service.settled()
    refused = await customer.pays(6000, payment_method_id=card, invoice_id=invoice.invoice_id)
    assert refused.status_code == 409
    assert [i["amount_received"] for i in await simulator.intents_of_account(customer.account_id)] == [6000]


async def test_of_two_payments_at_once_only_what_is_owed_is_taken(
    service: Harness, customer: Customer, simulator: Simulator
) -> None:
    await customer.http.put(f"{customer.path}/autopay", json={"enabled": False})
    await customer.is_invoiced(10_000)
    await service.settled()
    answers = await asyncio.gather(*(customer.pays(6000, processor_token="pm_card_visa") for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [answer.json()["owed_minor_units"] for answer in answers if answer.status_code == 409] == [4000]
    assert [i["amount_received"] for i in await simulator.intents_of_account(customer.account_id)] == [6000]
