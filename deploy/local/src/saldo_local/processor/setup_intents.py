"""Setup intents: a cardholder's consent to later charges."""

from __future__ import annotations

from saldo_local.processor import charging, payment_methods
from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.living_customer import living
from saldo_local.processor.payment_methods import behaviour_of, refusal
from saldo_local.processor.records import PaymentMethod, SetupIntent
from saldo_local.processor.rendering import render
from saldo_local.processor.wire import Body, CardRefused, Refused, new_id

CONFIRM_FIELDS = ("payment_method", "return_url", "mandate_data", "payment_method_options", "use_stripe_sdk")
CREATE_FIELDS = (
    *CONFIRM_FIELDS,
    "automatic_payment_methods",
    "confirm",
    "customer",
    "description",
    "metadata",
    "payment_method_types",
    "usage",
)
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
AUTHENTICATION_FAILED = "setup_intent_authentication_failure"


def create(call: Call) -> Body:
    form = call.form.only(CREATE_FIELDS)
    intent = SetupIntent(new_id("seti"), call.now(), "", "requires_payment_method")
    intent.client_secret = new_id(f"{intent.id}_secret")
    if customer := form.text("customer"):
        intent.customer = living(call, customer).id
    intent.usage = form.text("usage", "off_session")
    intent.description = form.text("description")
    intent.metadata = form.mapping("metadata")
    _fill(intent, call)
    call.store.put(intent)
    call.announce("setup_intent.created", intent)
    return _confirm(call, intent) if form.flag("confirm") else call.keep(intent)


def retrieve(call: Call, identifier: str) -> Body:
    call.form.only(("client_secret",))
    return call.show(call.the(SetupIntent, identifier))


def confirm(call: Call, identifier: str) -> Body:
    call.form.only(CONFIRM_FIELDS)
    intent = call.the(SetupIntent, identifier)
    _fill(intent, call)
    return _confirm(call, intent)


def cancel(call: Call, identifier: str) -> Body:
    call.form.only(("cancellation_reason",))
    intent = call.the(SetupIntent, identifier)
    _must_be_open(call, intent, "cancel")
    intent.status = "canceled"
    body = call.keep(intent)
    call.announce("setup_intent.canceled", intent)
    return body


def listed(call: Call) -> Body:
    form = call.form.only((*PAGING, "customer", "payment_method"))
    return call.listed(SetupIntent, "/v1/setup_intents", customer=form.text("customer"))


def finish(call: Call, intent: SetupIntent, method: PaymentMethod) -> None:
    """The challenge, where there was one, is passed: the method is attached and may be charged off session."""
    behaviour = behaviour_of(method)
    if behaviour.code and behaviour.refuses_attach:
        _refuse(call, intent, refusal(behaviour))
    if intent.customer and not method.customer:
        method.customer = intent.customer
        call.announce("payment_method.attached", method)
    method.set_up = True
    intent.status, intent.last_error = "succeeded", {}
    call.store.put(method)
    call.store.put(intent)
    call.announce("setup_intent.succeeded", intent)


def fail_challenge(call: Call, intent: SetupIntent) -> None:
    intent.last_error = {
        "type": "card_error",
        "code": AUTHENTICATION_FAILED,
        "message": "We are unable to authenticate your payment method. Please choose a different payment method.",
    }
    _back_to_start(call, intent)


def _confirm(call: Call, intent: SetupIntent) -> Body:
    _must_be_open(call, intent, "confirm")
    if not intent.payment_method:
        raise Refused(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
        )
    method = call.the(PaymentMethod, intent.payment_method, "payment_method")
    if method.customer and method.customer != intent.customer:
        raise Refused("The payment method belongs to another customer.", param="payment_method")
    if charging.needs_challenge(method, behaviour_of(method)):
        intent.status = "requires_action"
        call.store.put(intent)
        call.announce("setup_intent.requires_action", intent)
    else:
        finish(call, intent, method)
    return call.keep(intent)


def _fill(intent: SetupIntent, call: Call) -> None:
    intent.return_url = call.form.text("return_url", intent.return_url)
    if method := call.form.text("payment_method"):
        intent.payment_method = payment_methods.resolve(call, method).id
        if intent.status == "requires_payment_method":
            intent.status = "requires_confirmation"


def _refuse(call: Call, intent: SetupIntent, error: Body) -> None:
    intent.last_error = {"type": "card_error", **{key: str(text) for key, text in error.items()}}
    _back_to_start(call, intent)
    raise CardRefused({**error, "setup_intent": render(intent, call.base_url)})


def _back_to_start(call: Call, intent: SetupIntent) -> None:
    intent.status, intent.payment_method = "requires_payment_method", ""
    call.store.put(intent)
    call.announce("setup_intent.setup_failed", intent)


def _must_be_open(call: Call, intent: SetupIntent, verb: str) -> None:
    if intent.status not in OPEN:
        refused = Refused(
            f"You cannot {verb} this SetupIntent because it has a status of {intent.status}.",
            code="setup_intent_unexpected_state",
        )
        refused.error["setup_intent"] = render(intent, call.base_url)
        raise refused
