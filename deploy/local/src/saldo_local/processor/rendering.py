"""How each record looks on Stripe's wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import singledispatch

from saldo_local.processor.records import (
    Charge,
    Customer,
    Dispute,
    Event,
    PaymentIntent,
    PaymentMethod,
    Record,
    Refund,
    SetupIntent,
    WebhookEndpoint,
)
from saldo_local.processor.store import Store
from saldo_local.processor.wire import Body, Refused

API_VERSION = "2026-10-28.endive"
KINDS: dict[str, type[Record]] = {
    "cus": Customer,
    "pm": PaymentMethod,
    "pi": PaymentIntent,
    "ch": Charge,
    "re": Refund,
    "seti": SetupIntent,
    "dp": Dispute,
}


def render(record: Record, base_url: str) -> Body:
    """`base_url` is the simulator's own address: challenge pages live there."""
    body: Body = {"id": record.id, "object": record.KIND, "created": record.created, "livemode": False}
    body.update(_fields(record))
    if isinstance(record, PaymentIntent | SetupIntent):
        body["next_action"] = _next_action(record, base_url)
    return body


def expand(body: Body, paths: Sequence[str], *, store: Store, base_url: str) -> Body:
    """Replaces ids by the objects they name (`latest_charge`, `data.payment_method`); unknown paths are refused."""

    def fetch(identifier: str) -> Body | None:
        kind = KINDS.get(identifier.partition("_")[0])
        record = None if kind is None else store.get(kind, identifier)
        return None if record is None else render(record, base_url)

    for path in paths:
        _expand(body, path.split("."), path, fetch)
    return body


def _expand(value: object, steps: list[str], path: str, fetch: Callable[[str], Body | None]) -> None:
    if isinstance(value, list):
        for item in value:
            _expand(item, steps, path, fetch)
        return
    if not isinstance(value, dict) or not steps:
        return
    if steps[0] not in value:
        raise Refused(f"This property cannot be expanded ({path}).", param="expand")
    inner = value[steps[0]]
    if isinstance(inner, str):
        inner = value[steps[0]] = fetch(inner) or inner
    _expand(inner, steps[1:], path, fetch)


@singledispatch
def _fields(record: Record) -> Body:
    raise TypeError(type(record))


@_fields.register
def _customer(record: Customer) -> Body:
    return {
        "email": record.email or None,
        "name": record.name or None,
        "description": record.description or None,
        "metadata": record.metadata,
    }


@_fields.register
def _payment_method(record: PaymentMethod) -> Body:
    address = {"postal_code": record.billing_postal_code or None, "country": record.billing_country or None}
    return {
        "type": "card",
        "customer": record.customer or None,
        "billing_details": {
            "name": record.billing_name or None,
            "email": record.billing_email or None,
            "phone": None,
            "address": {"city": None, "line1": None, "line2": None, "state": None, **address},
        },
        "card": {
            "brand": record.brand,
            "display_brand": record.brand,
            "last4": record.last4,
            "exp_month": record.exp_month,
            "exp_year": record.exp_year,
            "funding": record.funding,
            "country": record.country,
            "fingerprint": record.fingerprint,
            "checks": {"cvc_check": "pass", "address_postal_code_check": None, "address_line1_check": None},
            "three_d_secure_usage": {"supported": True},
        },
        "metadata": record.metadata,
    }


@_fields.register
def _payment_intent(record: PaymentIntent) -> Body:
    return {
        "amount": record.amount,
        "amount_capturable": record.amount_capturable,
        "amount_received": record.amount_received,
        "canceled_at": record.canceled_at or None,
        "cancellation_reason": record.cancellation_reason or None,
        "capture_method": record.capture_method,
        "client_secret": record.client_secret,
        "confirmation_method": "automatic",
        "currency": record.currency,
        "customer": record.customer or None,
        "description": record.description or None,
        "last_payment_error": record.last_error or None,
        "latest_charge": record.latest_charge or None,
        "metadata": record.metadata,
        "payment_method": record.payment_method or None,
        "payment_method_types": ["card"],
        "receipt_email": record.receipt_email or None,
        "setup_future_usage": record.setup_future_usage or None,
        "statement_descriptor": record.statement_descriptor or None,
        "status": record.status,
    }


@_fields.register
def _setup_intent(record: SetupIntent) -> Body:
    return {
        "client_secret": record.client_secret,
        "customer": record.customer or None,
        "description": record.description or None,
        "last_setup_error": record.last_error or None,
        "metadata": record.metadata,
        "payment_method": record.payment_method or None,
        "payment_method_types": ["card"],
        "status": record.status,
        "usage": record.usage,
    }


@_fields.register
def _charge(record: Charge) -> Body:
    succeeded = record.status == "succeeded"
    return {
        "amount": record.amount,
        "amount_captured": record.amount_captured,
        "amount_refunded": record.amount_refunded,
        "captured": record.captured,
        "currency": record.currency,
        "customer": record.customer or None,
        "disputed": record.disputed,
        "failure_code": record.failure_code or None,
        "failure_message": record.failure_message or None,
        "metadata": record.metadata,
        "outcome": {
            "network_status": "approved_by_network" if succeeded else "declined_by_network",
            "reason": record.decline_code or None,
            "type": "authorized" if succeeded else "issuer_declined",
            "seller_message": "Payment complete." if succeeded else "The bank did not approve the charge.",
        },
        "paid": succeeded,
        "payment_intent": record.payment_intent,
        "payment_method": record.payment_method,
        "refunded": 0 < record.amount_captured == record.amount_refunded,
        "status": record.status,
    }


@_fields.register
def _refund(record: Refund) -> Body:
    return {
        "amount": record.amount,
        "charge": record.charge,
        "currency": record.currency,
        "failure_reason": record.failure_reason or None,
        "metadata": record.metadata,
        "payment_intent": record.payment_intent,
        "reason": record.reason or None,
        "status": record.status,
    }


@_fields.register
def _dispute(record: Dispute) -> Body:
    return {
        "amount": record.amount,
        "charge": record.charge,
        "currency": record.currency,
        "evidence_details": {"due_by": record.due_by, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "metadata": record.metadata,
        "payment_intent": record.payment_intent,
        "reason": record.reason,
        "status": record.status,
    }


@_fields.register
def _event(record: Event) -> Body:
    return {
        "api_version": API_VERSION,
        "data": {"object": json.loads(record.object_json)},
        "pending_webhooks": 0,
        "request": {"id": record.request_id or None, "idempotency_key": record.idempotency_key or None},
        "type": record.type,
    }


@_fields.register
def _webhook_endpoint(record: WebhookEndpoint) -> Body:
    return {
        "api_version": API_VERSION,
        "description": record.description or None,
        "enabled_events": record.enabled_events,
        "metadata": record.metadata,
        "status": record.status,
        "url": record.url,
    }


def _next_action(record: PaymentIntent | SetupIntent, base_url: str) -> Body | None:
    if record.status != "requires_action":
        return None
    url = f"{base_url}/challenge/{record.id}?client_secret={record.client_secret}"
    return {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": record.return_url or None}}
