"""The moment a card is asked for money: charge it, challenge its holder, or refuse."""

from __future__ import annotations

from saldo_local.processor import disputes
from saldo_local.processor.call import Call
from saldo_local.processor.cards import BEHAVIOURS, Behaviour
from saldo_local.processor.payment_methods import behaviour_of, has_expired, refusal, used
from saldo_local.processor.records import Charge, PaymentIntent, PaymentMethod
from saldo_local.processor.wire import Body, CardRefused, new_id

AUTHENTICATION_REQUIRED = "authentication_required"
AUTHENTICATION_FAILED = "payment_intent_authentication_failure"


def needs_challenge(method: PaymentMethod, behaviour: Behaviour) -> bool:
    return behaviour.challenge == "always" or (behaviour.challenge == "until_set_up" and not method.set_up)


def confirm(call: Call, intent: PaymentIntent, method: PaymentMethod) -> None:
    """Leaves the intent succeeded, requires_capture or requires_action. Raises CardRefused, recorded."""
    behaviour = behaviour_of(method)
    if not needs_challenge(method, behaviour):
        charge(call, intent, method)
    elif intent.off_session:
        error: Body = {
            "code": AUTHENTICATION_REQUIRED,
            "decline_code": AUTHENTICATION_REQUIRED,
            "message": "Your card was declined. This transaction requires authentication.",
        }
        _refuse(call, intent, method, error)
    else:
        intent.status = "requires_action"
        call.store.put(intent)
        call.announce("payment_intent.requires_action", intent)


def charge(call: Call, intent: PaymentIntent, method: PaymentMethod) -> None:
    """The challenge, where there was one, is passed. Raises CardRefused, recorded."""
    behaviour = behaviour_of(method)
    used(method)
    call.store.put(method)
    if not behaviour.code and has_expired(method, call.clock.now()):
        behaviour = BEHAVIOURS["expired_card"]
    if behaviour.code:
        _refuse(call, intent, method, refusal(behaviour))
    if intent.setup_future_usage and intent.customer:
        method.customer, method.set_up = intent.customer, True
        call.store.put(method)
    captured = intent.capture_method != "manual"
    made = _new_charge(call, intent, status="succeeded", captured=captured)
    made.amount_captured = intent.amount if captured else 0
    intent.latest_charge, intent.last_error = made.id, {}
    if captured:
        intent.status, intent.amount_received = "succeeded", intent.amount
    else:
        intent.status, intent.amount_capturable = "requires_capture", intent.amount
    call.store.put(made)
    call.store.put(intent)
    call.announce("charge.succeeded", made)
    call.announce("payment_intent.succeeded" if captured else "payment_intent.amount_capturable_updated", intent)
    if behaviour.dispute:
        disputes.open_dispute(call, made, behaviour.dispute)


def fail_challenge(call: Call, intent: PaymentIntent) -> None:
    """The cardholder did not prove to be the holder; nothing was charged."""
    intent.last_error = {
        "type": "card_error",
        "code": AUTHENTICATION_FAILED,
        "message": "We are unable to authenticate your payment method. Please choose a different payment method.",
    }
    intent.status, intent.payment_method = "requires_payment_method", ""
    call.store.put(intent)
    call.announce("payment_intent.payment_failed", intent)


def _refuse(call: Call, intent: PaymentIntent, method: PaymentMethod, error: Body) -> None:
    made = _new_charge(call, intent, status="failed", captured=False)
    made.failure_code = str(error["code"])
    made.decline_code = str(error.get("decline_code", ""))
    made.failure_message = str(error["message"])
    intent.latest_charge, intent.status, intent.payment_method = made.id, "requires_payment_method", ""
    intent.last_error = {"type": "card_error", "charge": made.id, **{key: str(text) for key, text in error.items()}}
    call.store.put(made)
    body = call.keep(intent)
    call.announce("charge.failed", made)
    call.announce("payment_intent.payment_failed", intent)
    raise CardRefused({**error, "charge": made.id, "payment_intent": body, "payment_method": {"id": method.id}})


def _new_charge(call: Call, intent: PaymentIntent, *, status: str, captured: bool) -> Charge:
    return Charge(
        new_id("ch"),
        call.now(),
        status,
        intent.id,
        intent.payment_method,
        intent.amount,
        intent.currency,
        captured,
        customer=intent.customer,
        idempotency_key=call.idempotency_key,
        metadata=intent.metadata,
    )
