"""Disputes: a cardholder's bank takes a charge back."""

from __future__ import annotations

from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.records import Charge, Dispute
from saldo_local.processor.wire import Body, Refused, merged, new_id

ANSWER_SECONDS = 7 * 24 * 3600
ENDINGS = ("won", "lost")


def open_dispute(call: Call, charge: Charge, reason: str) -> Body:
    """Over the whole charge. Raises Refused for a second dispute of it."""
    if charge.disputed:
        raise Refused(f"Charge {charge.id} is disputed already.", code="charge_disputed")
    charge.disputed = True
    call.store.put(charge)
    dispute = Dispute(
        new_id("dp"),
        call.now(),
        "needs_response",
        charge.id,
        charge.payment_intent,
        charge.amount_captured,
        charge.currency,
        reason,
        call.now() + ANSWER_SECONDS,
        metadata=charge.metadata,
    )
    body = call.keep(dispute)
    call.announce("charge.dispute.created", dispute)
    call.announce("charge.dispute.funds_withdrawn", dispute)
    return body


def close(call: Call, identifier: str, ending: str) -> Body:
    """won gives the money back; lost leaves it taken."""
    dispute = call.the(Dispute, identifier)
    if dispute.status in ENDINGS or ending not in ENDINGS:
        raise Refused(f"The dispute is {dispute.status}; it can end as won or lost, once.")
    dispute.status = ending
    body = call.keep(dispute)
    call.announce("charge.dispute.closed", dispute)
    if ending == "won":
        charge = call.the(Charge, dispute.charge)
        charge.disputed = False
        call.store.put(charge)
        call.announce("charge.dispute.funds_reinstated", dispute)
    return body


def retrieve(call: Call, identifier: str) -> Body:
    return call.show(call.the(Dispute, identifier))


def update(call: Call, identifier: str) -> Body:
    """Evidence is taken and thrown away."""
    form = call.form.only(("metadata", "evidence", "submit"))
    dispute = call.the(Dispute, identifier)
    dispute.metadata = merged(dispute.metadata, form.mapping("metadata"))
    return call.keep(dispute)


def listed(call: Call) -> Body:
    form = call.form.only((*PAGING, "payment_intent", "charge"))
    parent = form.text("payment_intent")
    if not parent and form.text("charge"):
        parent = call.the(Charge, form.text("charge"), "charge").payment_intent
    return call.listed(Dispute, "/v1/disputes", parent=parent)
