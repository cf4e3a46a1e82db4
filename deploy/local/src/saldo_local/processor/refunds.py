"""Refunds: money back, never more than was taken."""

from __future__ import annotations

from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.cards import BEHAVIOURS
from saldo_local.processor.records import Charge, PaymentIntent, PaymentMethod, Refund
from saldo_local.processor.wire import Body, Refused, merged, new_id

FIELDS = ("charge", "payment_intent", "amount", "reason", "metadata", "instructions_email")
REASONS = ("", "duplicate", "fraudulent", "requested_by_customer")


def create(call: Call) -> Body:
    """Without `amount`: all that is left. Raises Refused for more than that and for disputed charges."""
    form = call.form.only(FIELDS)
    charge = _charge(call)
    left = charge.amount_captured - charge.amount_refunded
    amount = left if form.integer("amount") is None else form.integer("amount") or 0
    _must_be_refundable(charge, amount, left)
    if form.text("reason") not in REASONS:
        raise Refused(f"Invalid reason: must be one of {', '.join(REASONS[1:])}", param="reason")
    refund = Refund(
        new_id("re"), call.now(), _ending(call, charge), charge.id, charge.payment_intent, amount, charge.currency
    )
    refund.reason, refund.metadata = form.text("reason"), form.mapping("metadata")
    refund.idempotency_key = call.idempotency_key
    if refund.status == "failed":
        refund.failure_reason = "expired_or_canceled_card"
    else:
        charge.amount_refunded += amount
        call.store.put(charge)
    body = call.keep(refund)
    call.announce("refund.created", refund)
    if refund.status == "failed":
        call.announce("refund.failed", refund)
    else:
        call.announce("charge.refunded", charge)
    return body


def retrieve(call: Call, identifier: str) -> Body:
    return call.show(call.the(Refund, identifier))


def update(call: Call, identifier: str) -> Body:
    form = call.form.only(("metadata",))
    refund = call.the(Refund, identifier)
    refund.metadata = merged(refund.metadata, form.mapping("metadata"))
    return call.keep(refund)


def listed(call: Call) -> Body:
    form = call.form.only((*PAGING, "payment_intent", "charge"))
    parent = form.text("payment_intent")
    if not parent and form.text("charge"):
        parent = call.the(Charge, form.text("charge"), "charge").payment_intent
    return call.listed(Refund, "/v1/refunds", parent=parent)


def settle_pending(call: Call, identifier: str, *, succeeded: bool) -> Body:
    """The door by which a pending refund ends."""
    refund = call.the(Refund, identifier)
    if refund.status != "pending":
        raise Refused(f"The refund is {refund.status}, not pending.")
    refund.status = "succeeded" if succeeded else "failed"
    if not succeeded:
        refund.failure_reason = "declined"
        charge = call.the(Charge, refund.charge)
        charge.amount_refunded -= refund.amount
        call.store.put(charge)
    body = call.keep(refund)
    call.announce("refund.updated" if succeeded else "refund.failed", refund)
    return body


def _charge(call: Call) -> Charge:
    if identifier := call.form.text("charge"):
        return call.the(Charge, identifier, "charge")
    intent = call.the(PaymentIntent, call.form.required("payment_intent"), "payment_intent")
    if intent.status != "succeeded":
        raise Refused(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
        )
    return call.the(Charge, intent.latest_charge)


def _must_be_refundable(charge: Charge, amount: int, left: int) -> None:
    if charge.disputed:
        raise Refused(f"Charge {charge.id} has been charged back.", code="charge_disputed")
    if charge.amount_captured == 0:
        raise Refused(f"Charge {charge.id} took no money.", code="charge_not_refundable")
    if left == 0:
        raise Refused(f"Charge {charge.id} has already been refunded.", code="charge_already_refunded")
    if amount <= 0:
        raise Refused("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        raise Refused(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")


def _ending(call: Call, charge: Charge) -> str:
    method = call.store.get(PaymentMethod, charge.payment_method)
    return "succeeded" if method is None else BEHAVIOURS[method.behaviour].refund
