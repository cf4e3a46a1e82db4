"""Payment methods: tokens of cards, attached to customers, with the behaviour of their test card."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from saldo_local.processor import cards
from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.cards import BEHAVIOURS, Behaviour, TestCard
from saldo_local.processor.living_customer import living
from saldo_local.processor.records import PaymentMethod
from saldo_local.processor.store import Page
from saldo_local.processor.wire import Body, CardRefused, Form, Refused, merged, new_id, not_found

EXPIRY_MONTH = 8
EXPIRY_YEARS_AHEAD = 4
METHODS_PER_CUSTOMER_MAX = 500


def create(call: Call) -> Body:
    """From a token (`card[token]=tok_visa`) or from a test card's number, of which only the last four digits stay."""
    form = call.form.only(("type", "card", "billing_details", "metadata", "allow_redisplay"))
    if form.required("type") != "card":
        raise Refused("This simulator knows cards only.", param="type")
    card = form.nested("card").only(("token", "number", "exp_month", "exp_year", "cvc", "networks"))
    token = card.text("token")
    method = from_token(call, token) if token else _from_number(call, card)
    _fill_billing(method, form.nested("billing_details"))
    method.metadata = form.mapping("metadata")
    return call.keep(method)


def retrieve(call: Call, identifier: str) -> Body:
    return call.show(resolve(call, identifier))


def update(call: Call, identifier: str) -> Body:
    form = call.form.only(("card", "billing_details", "metadata", "allow_redisplay"))
    method = call.the(PaymentMethod, identifier)
    card = form.nested("card").only(("exp_month", "exp_year"))
    method.exp_month = card.integer("exp_month") or method.exp_month
    method.exp_year = card.integer("exp_year") or method.exp_year
    _fill_billing(method, form.nested("billing_details"))
    method.metadata = merged(method.metadata, form.mapping("metadata"))
    body = call.keep(method)
    call.announce("payment_method.updated", method)
    return body


def attach(call: Call, identifier: str) -> Body:
    form = call.form.only(("customer",))
    method = resolve(call, identifier)
    return attach_to(call, method, living(call, form.required("customer")).id)


def attach_to(call: Call, method: PaymentMethod, customer: str) -> Body:
    """A repeat with the same customer does nothing. Raises CardRefused for cards that cannot even be saved."""
    if method.customer and method.customer != customer:
        raise Refused("The payment method you provided has already been attached to a customer.")
    if not method.customer:
        behaviour = behaviour_of(method)
        if behaviour.code and behaviour.refuses_attach:
            raise CardRefused(refusal(behaviour))
        method.customer = customer
        call.announce("payment_method.attached", method)
    return call.keep(method)


def detach(call: Call, identifier: str) -> Body:
    call.form.only(())
    method = call.the(PaymentMethod, identifier)
    if not method.customer:
        raise Refused("The payment method you provided is not attached to a customer so detachment is impossible.")
    return _detach(call, method)


def detach_all(call: Call, customer: str) -> None:
    for method in call.store.page(PaymentMethod, Page(METHODS_PER_CUSTOMER_MAX, customer=customer))[0]:
        _detach(call, method)


def listed(call: Call, customer: str = "") -> Body:
    form = call.form.only((*PAGING, "customer", "type", "allow_redisplay"))
    return call.listed(PaymentMethod, "/v1/payment_methods", customer=customer or form.required("customer"))


def resolve(call: Call, identifier: str, param: str = "payment_method") -> PaymentMethod:
    """A kept one, or a new one from a test name such as `pm_card_visa`."""
    if cards.by_name(identifier) is not None:
        method = from_token(call, identifier)
        call.store.put(method)
        return method
    return call.the(PaymentMethod, identifier, param)


def from_token(call: Call, token: str) -> PaymentMethod:
    card = cards.by_name(token)
    if card is None:
        raise not_found("token", token, "card[token]")
    return _made(call, card, exp_month=EXPIRY_MONTH, exp_year=call.clock.now().year + EXPIRY_YEARS_AHEAD)


def behaviour_of(method: PaymentMethod) -> Behaviour:
    """What the card does at its next use. An override changes the decline, and lets the card be saved."""
    if method.override and method.override_next != 0:
        return replace(BEHAVIOURS[method.override], refuses_attach=False)
    return BEHAVIOURS[method.behaviour]


def used(method: PaymentMethod) -> None:
    """Counts a counted override down."""
    if method.override and method.override_next > 0:
        method.override_next -= 1


def refusal(behaviour: Behaviour) -> Body:
    error: Body = {"code": behaviour.code, "message": behaviour.message}
    return {**error, "decline_code": behaviour.decline_code} if behaviour.decline_code else error


def has_expired(method: PaymentMethod, now: datetime) -> bool:
    """A card is good through the last day of its month."""
    year, month = divmod(method.exp_year * 12 + method.exp_month, 12)
    return now >= datetime(year, month + 1, 1, tzinfo=UTC)


def _detach(call: Call, method: PaymentMethod) -> Body:
    former = method.customer
    method.customer = ""
    method.set_up = False
    body = call.keep(method)
    call.announce("payment_method.detached", replace(method, customer=former))
    return body


def _from_number(call: Call, form: Form) -> PaymentMethod:
    card = cards.by_number(form.required("number").replace(" ", ""))
    if card is None:
        raise CardRefused({"code": "incorrect_number", "message": "Your card number is incorrect."})
    month, year = form.integer("exp_month") or 0, form.integer("exp_year") or 0
    if not 1 <= month <= 12:
        raise CardRefused({"code": "invalid_expiry_month", "message": "Your card's expiration month is invalid."})
    method = _made(call, card, exp_month=month, exp_year=year + 2000 if year < 100 else year)
    if has_expired(method, call.clock.now()):
        raise CardRefused({"code": "invalid_expiry_year", "message": "Your card's expiration year is invalid."})
    return method


def _made(call: Call, card: TestCard, *, exp_month: int, exp_year: int) -> PaymentMethod:
    return PaymentMethod(
        new_id("pm"),
        call.now(),
        card.behaviour,
        card.brand,
        card.number[-4:],
        exp_month,
        exp_year,
        funding=card.funding,
        fingerprint=hashlib.sha256(card.number.encode()).hexdigest()[:16],
    )


def _fill_billing(method: PaymentMethod, form: Form) -> None:
    method.billing_name = form.text("name", method.billing_name)
    method.billing_email = form.text("email", method.billing_email)
    address = form.nested("address")
    method.billing_postal_code = address.text("postal_code", method.billing_postal_code)
    method.billing_country = address.text("country", method.billing_country)
