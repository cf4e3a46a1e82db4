"""Charging cards as the official Stripe library does it: success, every kind of refusal, capture, look-up."""

from __future__ import annotations

import uuid

import httpx2
import pytest
import stripe
from saldo_local.stack import Stack

PaymentIntent = stripe.PaymentIntent

REFUSALS = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedDoNotHonor": ("card_declined", "do_not_honor"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
    "pm_card_avsZipFail": ("incorrect_zip", "incorrect_zip"),
    "pm_card_avsFail": ("incorrect_address", "incorrect_address"),
}


def charge(
    processor: stripe.StripeClient, customer: str, method: str, *, amount: int = 1200, attempt: str = ""
) -> PaymentIntent:
    return processor.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "eur",
            "customer": customer,
            "payment_method": method,
            "confirm": True,
            "off_session": True,
            "metadata": {"attempt_id": attempt or str(uuid.uuid4())},
        }
    )


def details(refused: pytest.ExceptionInfo[stripe.CardError]) -> stripe.ErrorObject:
    assert refused.value.error is not None
    return refused.value.error


def saved_card(processor: stripe.StripeClient, customer: str, name: str = "pm_card_visa") -> str:
    return processor.v1.payment_methods.attach(name, {"customer": customer}).id


def token_for(client: stripe.StripeClient, card: dict[str, object]) -> stripe.PaymentMethod:
    """The library leaves the fields of a card number out of its types, for only browsers should send them."""
    return client.v1.payment_methods.create({"type": "card", "card": card})  # type: ignore[arg-type]


def test_a_good_card_is_charged(processor: stripe.StripeClient, customer: str) -> None:
    intent = charge(processor, customer, saved_card(processor, customer))
    assert (intent.status, intent.amount_received) == ("succeeded", 1200)
    again = processor.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge", "payment_method"]})
    assert isinstance(again.latest_charge, stripe.Charge)
    assert again.latest_charge.paid
    assert isinstance(again.payment_method, stripe.PaymentMethod)
    assert again.payment_method.card is not None
    assert (again.payment_method.card.brand, again.payment_method.card.last4) == ("visa", "4242")


@pytest.mark.parametrize(("name", "brand"), [("mastercard", "mastercard"), ("amex", "amex"), ("discover", "discover")])
def test_other_brands_are_charged_too(processor: stripe.StripeClient, customer: str, name: str, brand: str) -> None:
    method = processor.v1.payment_methods.attach(f"pm_card_{name}", {"customer": customer})
    assert method.card is not None
    assert method.card.brand == brand
    assert charge(processor, customer, method.id).status == "succeeded"


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bad_card_is_refused_for_its_reason(processor: stripe.StripeClient, customer: str, name: str) -> None:
    with pytest.raises(stripe.CardError) as refused:
        charge(processor, customer, name)
    assert refused.value.http_status == 402
    assert (refused.value.code, details(refused).decline_code) == REFUSALS[name]
    intent = details(refused).payment_intent
    assert intent is not None
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    kept = processor.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert isinstance(kept.latest_charge, stripe.Charge)
    assert (kept.latest_charge.status, kept.latest_charge.failure_code) == ("failed", REFUSALS[name][0])


@pytest.mark.parametrize("name", ["pm_card_chargeDeclined", "pm_card_chargeDeclinedExpiredCard"])
def test_a_bad_card_cannot_be_saved(processor: stripe.StripeClient, customer: str, name: str) -> None:
    with pytest.raises(stripe.CardError):
        saved_card(processor, customer, name)
    assert processor.v1.payment_methods.list({"customer": customer}).data == []


def test_a_card_can_be_saved_and_decline_later(processor: stripe.StripeClient, customer: str) -> None:
    method = saved_card(processor, customer, "pm_card_chargeCustomerFail")
    with pytest.raises(stripe.CardError) as refused:
        charge(processor, customer, method)
    assert details(refused).decline_code == "generic_decline"


def test_a_saved_card_can_be_told_to_decline_for_a_while(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str
) -> None:
    method = saved_card(processor, customer)
    door = f"/simulator/payment-methods/{method}/behaviour"
    simulator.put(door, json={"behaviour": "insufficient_funds", "next": 1}).raise_for_status()
    with pytest.raises(stripe.CardError) as refused:
        charge(processor, customer, method)
    assert details(refused).decline_code == "insufficient_funds"
    assert charge(processor, customer, method).status == "succeeded"
    simulator.put(door, json={"behaviour": "do_not_honor"}).raise_for_status()
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            charge(processor, customer, method)
    simulator.delete(door).raise_for_status()
    assert charge(processor, customer, method).status == "succeeded"


def test_a_card_whose_date_has_passed_is_refused(
    processor: stripe.StripeClient, simulator: httpx2.Client, customer: str
) -> None:
    method = saved_card(processor, customer)
    door = f"/simulator/payment-methods/{method}/behaviour"
    simulator.put(door, json={"exp_month": 1, "exp_year": 2020}).raise_for_status()
    with pytest.raises(stripe.CardError) as refused:
        charge(processor, customer, method)
    assert refused.value.code == "expired_card"


def test_the_browser_turns_a_number_into_a_token_with_the_publishable_key(stack: Stack, customer: str) -> None:
    key = stack.processor_api_key.replace("sk_", "pk_", 1)
    browser = stripe.StripeClient(key, base_addresses={"api": stack.processor_url}, max_network_retries=0)
    card: dict[str, object] = {"number": "4242 4242 4242 4242", "exp_month": 12, "exp_year": 2090, "cvc": "123"}
    method = token_for(browser, card)
    assert method.card is not None
    assert (method.card.last4, method.card.exp_year) == ("4242", 2090)
    with pytest.raises(stripe.AuthenticationError):
        browser.v1.customers.list()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_year": 2020}, "invalid_expiry_year"),
    ],
)
def test_a_mistyped_card_gets_no_token(processor: stripe.StripeClient, changed: dict[str, object], code: str) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2090, "cvc": "123", **changed}
    with pytest.raises(stripe.CardError) as refused:
        token_for(processor, card)
    assert refused.value.code == code


def test_an_authorised_amount_is_captured_later_in_part(processor: stripe.StripeClient, customer: str) -> None:
    intents = processor.v1.payment_intents
    held = intents.create(
        {
            "amount": 5000,
            "currency": "eur",
            "customer": customer,
            "payment_method": saved_card(processor, customer),
            "confirm": True,
            "capture_method": "manual",
        }
    )
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 5000, 0)
    taken = intents.capture(held.id, {"amount_to_capture": 3000})
    assert (taken.status, taken.amount_received) == ("succeeded", 3000)


def test_an_open_intent_can_be_cancelled_and_a_finished_one_cannot(
    processor: stripe.StripeClient, customer: str
) -> None:
    intents = processor.v1.payment_intents
    opened = intents.create({"amount": 500, "currency": "eur", "customer": customer})
    assert intents.cancel(opened.id).status == "canceled"
    finished = charge(processor, customer, saved_card(processor, customer))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        intents.cancel(finished.id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_attempts_are_found_by_our_own_id(processor: stripe.StripeClient, customer: str) -> None:
    attempt = str(uuid.uuid4())
    intent = charge(processor, customer, saved_card(processor, customer), attempt=attempt)
    search = processor.v1.payment_intents.search
    assert [found.id for found in search({"query": f"metadata['attempt_id']:'{attempt}'"}).data] == [intent.id]
    assert search({"query": f'status:\'canceled\' AND metadata["attempt_id"]:"{attempt}"'}).data == []
    assert search({"query": "metadata['attempt_id']:'never made'"}).data == []


def test_lists_are_paged_from_the_newest_and_filtered_by_time(processor: stripe.StripeClient, customer: str) -> None:
    intents = processor.v1.payment_intents
    made = [intents.create({"amount": 100 + n, "currency": "eur", "customer": customer}).id for n in range(5)]
    page = intents.list({"customer": customer, "limit": 2})
    assert [intent.id for intent in page.data] == [made[4], made[3]]
    assert page.has_more
    assert [intent.id for intent in page.auto_paging_iter()] == made[::-1]
    before = intents.list({"customer": customer, "limit": 2, "ending_before": made[2]})
    assert [intent.id for intent in before.data] == [made[4], made[3]]
    assert intents.list({"customer": customer, "created": {"lt": 1_000_000_000}}).data == []
    assert len(intents.list({"customer": customer, "created": {"gte": 1_000_000_000}}).data) == 5


def test_a_deleted_customers_cards_are_gone(processor: stripe.StripeClient, customer: str) -> None:
    method = saved_card(processor, customer)
    processor.v1.customers.delete(customer)
    assert processor.v1.customers.retrieve(customer).deleted
    assert processor.v1.payment_methods.retrieve(method).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        charge(processor, customer, method)


def test_a_detached_card_stays_known_but_belongs_to_nobody(processor: stripe.StripeClient, customer: str) -> None:
    method = saved_card(processor, customer)
    processor.v1.payment_methods.detach(method)
    assert processor.v1.payment_methods.list({"customer": customer}).data == []
    assert processor.v1.payment_methods.retrieve(method).customer is None


def test_another_customers_card_is_refused(processor: stripe.StripeClient, customer: str) -> None:
    other = processor.v1.customers.create({}).id
    with pytest.raises(stripe.InvalidRequestError):
        charge(processor, customer, saved_card(processor, other))


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"currency": "euro"}, "currency"),
        ({"customer": "cus_none"}, "customer"),
        ({"payment_method": "pm_none"}, "payment_method"),
        ({"amuont": 5}, "amuont"),
    ],
)
def test_a_wrong_parameter_is_named(processor: stripe.StripeClient, wrong: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        processor.v1.payment_intents.create({"amount": 100, "currency": "eur", **wrong})  # type: ignore[typeddict-item]
    assert refused.value.param == param


def test_a_wrong_key_is_refused(stack: Stack) -> None:
    stranger = stripe.StripeClient("sk_test_wrong", base_addresses={"api": stack.processor_url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.customers.list()
