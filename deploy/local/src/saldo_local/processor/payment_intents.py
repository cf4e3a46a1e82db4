"""Payment intents: one wish to be paid, from its creation to its success, refusal or cancellation."""

from __future__ import annotations

import re

from saldo_local.processor import charging, payment_methods
from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.living_customer import living
from saldo_local.processor.records import Charge, PaymentIntent, PaymentMethod
from saldo_local.processor.rendering import render
from saldo_local.processor.wire import Body, Refused, merged, new_id

CONFIRM_FIELDS = (
    "payment_method",
    "off_session",
    "return_url",
    "receipt_email",
    "setup_future_usage",
    "capture_method",
    "error_on_requires_action",
    "mandate",
    "mandate_data",
    "payment_method_options",
    "payment_method_types",
    "use_stripe_sdk",
)
UPDATE_FIELDS = (
    "amount",
    "currency",
    "customer",
    "description",
    "metadata",
    "payment_method",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
)
CREATE_FIELDS = (*CONFIRM_FIELDS, *UPDATE_FIELDS, "confirm", "confirmation_method", "automatic_payment_methods")
AMOUNT_MAX = 99_999_999  # Stripe's limit of eight digits
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELLABLE = (*CONFIRMABLE, "requires_capture")
TERM = re.compile(r"""\s*(?:metadata\[(['"])(?P<key>.+?)\1\]|(?P<field>\w+))\s*:\s*(?P<value>'[^']*'|"[^"]*"|\d+)\s*""")


def create(call: Call) -> Body:
    form = call.form.only(CREATE_FIELDS)
    intent = PaymentIntent(new_id("pi"), call.now(), "", "requires_payment_method", amount=0, currency="")
    intent.client_secret = new_id(f"{intent.id}_secret")
    form.required("amount")
    form.required("currency")
    _fill(intent, call)
    call.store.put(intent)
    call.announce("payment_intent.created", intent)
    if not form.flag("confirm"):
        return call.keep(intent)
    return _confirm(call, intent)


def retrieve(call: Call, identifier: str) -> Body:
    call.form.only(("client_secret",))
    return call.show(call.the(PaymentIntent, identifier))


def update(call: Call, identifier: str) -> Body:
    call.form.only(UPDATE_FIELDS)
    intent = call.the(PaymentIntent, identifier)
    if intent.status not in CONFIRMABLE and call.form.tree.keys() - {"metadata", "description", "expand"}:
        raise _unexpected_state(call, intent, "update")
    _fill(intent, call)
    return call.keep(intent)


def confirm(call: Call, identifier: str) -> Body:
    call.form.only(CONFIRM_FIELDS)
    intent = call.the(PaymentIntent, identifier)
    _fill(intent, call)
    return _confirm(call, intent)


def cancel(call: Call, identifier: str) -> Body:
    form = call.form.only(("cancellation_reason",))
    intent = call.the(PaymentIntent, identifier)
    if intent.status not in CANCELLABLE:
        raise _unexpected_state(call, intent, "cancel")
    intent.status, intent.canceled_at, intent.amount_capturable = "canceled", call.now(), 0
    intent.cancellation_reason = form.text("cancellation_reason")
    body = call.keep(intent)
    call.announce("payment_intent.canceled", intent)
    return body


def capture(call: Call, identifier: str) -> Body:
    """A smaller amount than authorised may be taken; the rest is released."""
    form = call.form.only(("amount_to_capture", "metadata", "final_capture"))
    intent = call.the(PaymentIntent, identifier)
    if intent.status != "requires_capture":
        raise _unexpected_state(call, intent, "capture")
    amount = form.integer("amount_to_capture") or intent.amount_capturable
    if not 0 < amount <= intent.amount_capturable:
        raise Refused("Amount to capture exceeds the authorised amount.", code="amount_too_large")
    charge = call.the(Charge, intent.latest_charge)
    charge.captured, charge.amount_captured = True, amount
    intent.status, intent.amount_received, intent.amount_capturable = "succeeded", amount, 0
    call.store.put(charge)
    body = call.keep(intent)
    call.announce("charge.captured", charge)
    call.announce("payment_intent.succeeded", intent)
    return body


def listed(call: Call) -> Body:
    form = call.form.only((*PAGING, "customer"))
    return call.listed(PaymentIntent, "/v1/payment_intents", customer=form.text("customer"))


def search(call: Call) -> Body:
    """`metadata['attempt_id']:'...'`, more terms joined by AND. Unlike Stripe's, it sees what happened just now."""
    form = call.form.only(("query", "limit", "page"))
    terms = [_term(text) for text in re.split(r"\s+AND\s+", form.required("query"))]
    named = [(key, value) for key, field_name, value in terms if not field_name]
    if not named:
        raise Refused("This simulator searches by metadata; add a term metadata['key']:'value'.", param="query")
    found = call.store.with_metadata(PaymentIntent, *named[0])
    matching = [render(intent, call.base_url) for intent in found if _matches(intent, terms)]
    url = "/v1/payment_intents/search"
    return {"object": "search_result", "url": url, "has_more": False, "next_page": None, "data": matching}


def _confirm(call: Call, intent: PaymentIntent) -> Body:
    if intent.status not in CONFIRMABLE:
        raise _unexpected_state(call, intent, "confirm")
    if not intent.payment_method:
        raise Refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = call.the(PaymentMethod, intent.payment_method, "payment_method")
    if method.customer and method.customer != intent.customer:
        raise Refused(
            "The payment method belongs to a customer: name that customer in the PaymentIntent.", param="payment_method"
        )
    charging.confirm(call, intent, method)
    return call.keep(intent)


def _fill(intent: PaymentIntent, call: Call) -> None:
    form = call.form
    amount = form.integer("amount")
    if amount is not None:
        if not 1 <= amount <= AMOUNT_MAX:
            raise Refused(
                "This value must be between 1 and 99999999.", code="parameter_invalid_integer", param="amount"
            )
        intent.amount = amount
    intent.currency = _currency(form.text("currency", intent.currency))
    if customer := form.text("customer"):
        intent.customer = living(call, customer).id
    if method := form.text("payment_method"):
        _use(call, intent, method)
    for name in ("description", "statement_descriptor", "receipt_email", "return_url", "setup_future_usage"):
        setattr(intent, name, form.text(name, getattr(intent, name)))
    intent.capture_method = form.text("capture_method", intent.capture_method)
    intent.off_session = form.text("off_session", "false") not in ("false", "")
    intent.metadata = merged(intent.metadata, form.mapping("metadata"))


def _use(call: Call, intent: PaymentIntent, identifier: str) -> None:
    """A test name becomes a new payment method."""
    intent.payment_method = payment_methods.resolve(call, identifier).id
    if intent.status == "requires_payment_method":
        intent.status = "requires_confirmation"


def _currency(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise Refused(f"Invalid currency: {text}", param="currency")
    return text.lower()


def _unexpected_state(call: Call, intent: PaymentIntent, verb: str) -> Refused:
    refused = Refused(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent.status}.",
        code="payment_intent_unexpected_state",
    )
    refused.error["payment_intent"] = render(intent, call.base_url)
    return refused


def _term(text: str) -> tuple[str, str, str]:
    """Metadata key, or else field name, and value."""
    match = TERM.fullmatch(text)
    if match is None:
        raise Refused(f"We were unable to parse your search query at: {text}", param="query")
    return match["key"] or "", match["field"] or "", match["value"].strip("'\"")


def _matches(intent: PaymentIntent, terms: list[tuple[str, str, str]]) -> bool:
    return all(
        str(getattr(intent, name, None)) == value if name else intent.metadata.get(key) == value
        for key, name, value in terms
    )
