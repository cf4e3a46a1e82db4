"""The truth for invariants: what was really charged, refunded and disputed, whoever knows of it."""

from __future__ import annotations

from collections import Counter

from saldo_local.processor.records import Charge, Dispute, PaymentIntent, Refund
from saldo_local.processor.store import Store
from saldo_local.processor.wire import Body


def ledger(store: Store) -> Body:
    """Charges that took or hold money, refunds that did not fail, disputes; oldest first; amounts in minor units."""
    keys = {intent.id: intent.metadata for intent in store.every(PaymentIntent)}
    charges = [charge for charge in store.every(Charge) if charge.status == "succeeded"]
    refunds = [refund for refund in store.every(Refund) if refund.status != "failed"]
    taken, returned = Counter[str](), Counter[str]()
    for charge in charges:
        taken[charge.currency] += charge.amount_captured
    for refund in refunds:
        returned[refund.currency] += refund.amount
    return {
        "charges": [_charge(charge, keys.get(charge.payment_intent, {})) for charge in charges],
        "refunds": [_refund(refund) for refund in refunds],
        "disputes": [_dispute(dispute) for dispute in store.every(Dispute)],
        "captured_by_currency": dict(taken),
        "refunded_by_currency": dict(returned),
    }


def _charge(charge: Charge, metadata: dict[str, str]) -> Body:
    return {
        "charge": charge.id,
        "payment_intent": charge.payment_intent,
        "created": charge.created,
        "amount": charge.amount,
        "amount_captured": charge.amount_captured,
        "amount_refunded": charge.amount_refunded,
        "currency": charge.currency,
        "customer": charge.customer,
        "payment_method": charge.payment_method,
        "disputed": charge.disputed,
        "idempotency_key": charge.idempotency_key,
        "metadata": {**charge.metadata, **metadata},
    }


def _refund(refund: Refund) -> Body:
    return {
        "refund": refund.id,
        "charge": refund.charge,
        "payment_intent": refund.payment_intent,
        "created": refund.created,
        "amount": refund.amount,
        "currency": refund.currency,
        "status": refund.status,
        "idempotency_key": refund.idempotency_key,
        "metadata": refund.metadata,
    }


def _dispute(dispute: Dispute) -> Body:
    return {
        "dispute": dispute.id,
        "charge": dispute.charge,
        "payment_intent": dispute.payment_intent,
        "created": dispute.created,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "reason": dispute.reason,
        "status": dispute.status,
    }
