"""What the processor leaves open: doubts, payers to authenticate, and its own news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from saldo_contracts.events import (
    DeclineReason,
    PaymentAuthenticated,
    PaymentAuthenticationRequired,
    PaymentFailed,
    PaymentSucceeded,
)
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.payments.tests.component.business_time import BusinessTime
from services.payments.tests.component.customer import Customer, new_key
from services.payments.tests.simulator import Simulator


@pytest.mark.parametrize("fault", ["silent", "silent_after_charging", "error_500_after_charging"])
async def test_a_charge_that_nobody_answered_ends_as_the_processor_says_and_is_charged_once(
    service: Harness, customer: Customer, simulator: Simulator, fault: str
) -> None:
    card = await customer.adds_card()
    await simulator.fails(fault, payment_method=await customer.stored_token(card))
    await customer.is_invoiced(5100)
    payment_id = await customer.payment_that_is("in_doubt")
    assert (await customer.payment(payment_id))["status"] == "in_doubt"
    await simulator.heal()
    paid = await service.observer.one(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)
    assert paid.payment_id == payment_id
    assert [i["amount_received"] for i in await simulator.intents_of_account(customer.account_id)] == [5100]
    assert len((await customer.payment(payment_id))["attempts"]) == 1


async def test_a_long_doubt_calls_an_operator_who_alone_may_end_it(
    service: Harness, customer: Customer, simulator: Simulator, time: BusinessTime, token_issuer: TokenIssuer
) -> None:
    token = await simulator.new_card()
    await simulator.fails("silent", payment_method=token)
    answer = await customer.pays(2000, processor_token=token, surplus_confirmed=True)
    payment_id, path = answer.json()["payment_id"], f"/v1/payments/{answer.json()['payment_id']}/resolution"
    decision = {"outcome": "failed", "reason": "the processor's dashboard shows no charge"}
    async with service.client(token_issuer.issue()) as operator:
        await time.passes(timedelta(hours=4))
        doubted = await customer.payment(payment_id)
        assert (doubted["status"], doubted["needs_operator"]) == ("in_doubt", True)
        assert (await customer.http.post(path, json=decision, headers=new_key())).status_code == 403
        ended = await operator.post(path, json=decision, headers=new_key())
        assert (ended.status_code, ended.json()["status"]) == (200, "failed")
        again = await operator.post(path, json=decision, headers=new_key())
        assert (again.status_code, again.json()["code"]) == (409, "not-in-doubt")
    await simulator.heal()
    failed = await service.observer.one(PaymentFailed, where=lambda e: e.account_id == customer.account_id)
    assert (failed.reason, failed.next_automatic_try_at) == (DeclineReason.OTHER, None)
    assert (await customer.payment(payment_id))["resolution_reason"] == decision["reason"]


async def test_a_payer_who_authenticates_has_paid(service: Harness, customer: Customer, simulator: Simulator) -> None:
    answer = await customer.pays(900, processor_token="pm_card_threeDSecure2Required", surplus_confirmed=True)
    assert (answer.status_code, answer.json()["status"]) == (200, "authentication_required")
    asked = await service.observer.one(
        PaymentAuthenticationRequired, where=lambda e: e.account_id == customer.account_id
    )
    waiting = await customer.payment(asked.payment_id)
    await simulator.authenticate(waiting["next_action_url"], approve=True)
    paid = await service.observer.one(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)
    passed = await service.observer.one(PaymentAuthenticated, where=lambda e: e.account_id == customer.account_id)
    assert paid.attempt_id == passed.attempt_id == asked.attempt_id
    assert (await customer.payment(asked.payment_id))["next_action_url"] is None


async def test_a_payer_who_stays_away_has_not_paid_and_may_try_again_at_once(
    service: Harness, customer: Customer, time: BusinessTime
) -> None:
    await customer.pays(900, processor_token="pm_card_threeDSecure2Required", surplus_confirmed=True)
    asked = await service.observer.one(
        PaymentAuthenticationRequired, where=lambda e: e.account_id == customer.account_id
    )
    await time.moves_to(asked.expires_at)
    failed = await service.observer.one(PaymentFailed, where=lambda e: e.account_id == customer.account_id)
    assert (failed.reason, failed.retry_not_before) == (DeclineReason.ABANDONED_BY_PAYER, None)
    paid = await customer.pays(900, processor_token="pm_card_visa", surplus_confirmed=True)
    assert paid.json()["status"] == "succeeded"


async def test_the_processors_own_news_end_a_doubt_once_and_only_with_its_signature(
    service: Harness, customer: Customer, simulator: Simulator
) -> None:
    card = await customer.adds_card()
    token = await customer.stored_token(card)
    await simulator.fails("silent_after_charging", payment_method=token)
    await simulator.fails("silent", method="GET", path="/v1/payment_intents")
    await customer.is_invoiced(800)
    payment_id = await customer.payment_that_is("in_doubt")
    (attempt,) = (await customer.payment(payment_id))["attempts"]
    body = await simulator.webhook_about_attempt(attempt["attempt_id"], "payment_intent.succeeded")
    async with service.client() as stripe:
        forged = await stripe.post("/v1/webhooks/stripe", content=body, headers={"Stripe-Signature": "t=1,v1=0"})
        assert (forged.status_code, forged.json()["code"]) == (400, "signature-invalid")
        assert (await customer.payment(payment_id))["status"] == "in_doubt"
        for _ in range(2):
            headers = {"Stripe-Signature": simulator.signature(body)}
            assert (await stripe.post("/v1/webhooks/stripe", content=body, headers=headers)).status_code == 200
    assert (await customer.payment(payment_id))["status"] == "succeeded"
    await simulator.heal()
    await service.settled()
    assert len(service.observer.of(PaymentSucceeded, where=lambda e: e.account_id == customer.account_id)) == 1
