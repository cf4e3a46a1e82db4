"""3-D Secure: the cardholder approves, fails, or is not there."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import stripe
from saldo_local.stack import Stack

RETURN_URL = "https://portal.example/return?order=7"


def challenged(processor: stripe.StripeClient, customer: str, method: str) -> stripe.PaymentIntent:
    return processor.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "customer": customer,
            "payment_method": method,
            "confirm": True,
            "return_url": RETURN_URL,
        }
    )


def decide(intent: stripe.PaymentIntent | stripe.SetupIntent, outcome: str) -> httpx2.Response:
    """Opens the page as a browser does and presses one of its buttons."""
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = intent.next_action.redirect_to_url.url
    assert url is not None
    page = httpx2.get(url)
    assert page.status_code == 200
    assert f'value="{outcome}"' in page.text
    return httpx2.post(url, data={"client_secret": intent.client_secret or "", "outcome": outcome})


def test_an_approved_challenge_leads_to_the_charge_and_back(processor: stripe.StripeClient, customer: str) -> None:
    intent = challenged(processor, customer, "pm_card_authenticationRequired")
    assert (intent.status, intent.amount_received) == ("requires_action", 0)
    back = decide(intent, "approve")
    assert back.status_code == 303
    told = parse_qs(urlsplit(back.headers["Location"]).query)
    assert (told["order"], told["payment_intent"], told["redirect_status"]) == (["7"], [intent.id], ["succeeded"])
    assert processor.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert decide_again(intent) == 409


def decide_again(intent: stripe.PaymentIntent) -> int:
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = intent.next_action.redirect_to_url.url
    assert url is not None
    form = {"client_secret": intent.client_secret or "", "outcome": "approve"}
    return httpx2.post(url, data=form).status_code


def test_a_failed_challenge_charges_nothing(processor: stripe.StripeClient, customer: str) -> None:
    intent = challenged(processor, customer, "pm_card_authenticationRequired")
    assert "redirect_status=failed" in decide(intent, "fail").headers["Location"]
    after = processor.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.latest_charge) == ("requires_payment_method", None)
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_an_approved_challenge_may_still_be_declined(processor: stripe.StripeClient, customer: str) -> None:
    method = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = challenged(processor, customer, method)
    assert "redirect_status=failed" in decide(intent, "approve").headers["Location"]
    after = processor.v1.payment_intents.retrieve(intent.id)
    assert after.last_payment_error is not None
    assert after.last_payment_error.decline_code == "insufficient_funds"


def test_a_cardholder_who_is_not_there_cannot_be_asked(processor: stripe.StripeClient, customer: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        processor.v1.payment_intents.create(
            {
                "amount": 900,
                "currency": "eur",
                "customer": customer,
                "payment_method": "pm_card_authenticationRequired",
                "confirm": True,
                "off_session": True,
            }
        )
    assert refused.value.error is not None
    assert (refused.value.code, refused.value.error.decline_code) == ("authentication_required",) * 2


def test_a_card_set_up_with_a_challenge_is_charged_without_one_later(
    processor: stripe.StripeClient, customer: str
) -> None:
    setup = processor.v1.setup_intents.create(
        {"customer": customer, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True}
    )
    assert setup.status == "requires_action"
    assert "Nothing is to be done here" in decide(setup, "approve").text
    setup = processor.v1.setup_intents.retrieve(setup.id)
    assert setup.status == "succeeded"
    intent = processor.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "customer": customer,
            "payment_method": str(setup.payment_method),
            "confirm": True,
            "off_session": True,
        }
    )
    assert intent.status == "succeeded"


def test_a_failed_set_up_saves_no_card(processor: stripe.StripeClient, customer: str) -> None:
    setup = processor.v1.setup_intents.create(
        {"customer": customer, "payment_method": "pm_card_authenticationRequiredOnSetup", "confirm": True}
    )
    decide(setup, "fail")
    after = processor.v1.setup_intents.retrieve(setup.id)
    assert after.status == "requires_payment_method"
    assert after.last_setup_error is not None
    assert processor.v1.payment_methods.list({"customer": customer}).data == []


def test_a_set_up_saves_a_good_card_and_refuses_a_bad_one(processor: stripe.StripeClient, customer: str) -> None:
    setups = processor.v1.setup_intents
    opened = setups.create({"customer": customer})
    done = setups.confirm(opened.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert len(processor.v1.payment_methods.list({"customer": customer}).data) == 1
    with pytest.raises(stripe.CardError) as refused:
        setups.create({"customer": customer, "payment_method": "pm_card_chargeDeclined", "confirm": True})
    assert refused.value.error is not None
    assert refused.value.error.setup_intent is not None
    assert setups.cancel(setups.create({"customer": customer}).id).status == "canceled"


def test_the_page_needs_the_intents_secret(stack: Stack, processor: stripe.StripeClient, customer: str) -> None:
    intent = challenged(processor, customer, "pm_card_authenticationRequired")
    page = httpx2.get(f"{stack.processor_url}/challenge/{intent.id}", params={"client_secret": "guessed"})
    assert page.status_code == 404
