"""What the simulator remembers: one small record for each kind of Stripe object, made of JSON's own types only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(slots=True)
class Customer:
    KIND: ClassVar[str] = "customer"
    id: str
    created: int
    email: str = ""
    name: str = ""
    description: str = ""
    deleted: bool = False
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PaymentMethod:
    """`behaviour` names a row of `cards.BEHAVIOURS`; `override` is one laid over it from outside for `override_next`
    uses (-1: until cleared). `set_up`: the cardholder agreed to later charges."""

    KIND: ClassVar[str] = "payment_method"
    id: str
    created: int
    behaviour: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    funding: str = "credit"
    country: str = "US"
    fingerprint: str = ""
    customer: str = ""
    set_up: bool = False
    override: str = ""
    override_next: int = 0
    billing_name: str = ""
    billing_email: str = ""
    billing_postal_code: str = ""
    billing_country: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SetupIntent:
    """requires_payment_method -> requires_confirmation -> requires_action -> succeeded; canceled from all but that."""

    KIND: ClassVar[str] = "setup_intent"
    id: str
    created: int
    client_secret: str
    status: str
    customer: str = ""
    payment_method: str = ""
    usage: str = "off_session"
    description: str = ""
    return_url: str = ""
    last_error: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PaymentIntent:
    """requires_payment_method -> requires_confirmation -> requires_action -> requires_capture -> succeeded; canceled
    from all but the last; a refused card leads back to requires_payment_method."""

    KIND: ClassVar[str] = "payment_intent"
    id: str
    created: int
    client_secret: str
    status: str
    amount: int
    currency: str
    amount_received: int = 0
    amount_capturable: int = 0
    customer: str = ""
    payment_method: str = ""
    latest_charge: str = ""
    capture_method: str = "automatic"
    off_session: bool = False
    setup_future_usage: str = ""
    description: str = ""
    statement_descriptor: str = ""
    receipt_email: str = ""
    return_url: str = ""
    canceled_at: int = 0
    cancellation_reason: str = ""
    last_error: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Charge:
    """One try at a card. status: succeeded | failed; `idempotency_key` is the one of the request that made it."""

    KIND: ClassVar[str] = "charge"
    id: str
    created: int
    status: str
    payment_intent: str
    payment_method: str
    amount: int
    currency: str
    captured: bool
    amount_captured: int = 0
    amount_refunded: int = 0
    customer: str = ""
    disputed: bool = False
    failure_code: str = ""
    decline_code: str = ""
    failure_message: str = ""
    idempotency_key: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Refund:
    """status: succeeded | pending | failed"""

    KIND: ClassVar[str] = "refund"
    id: str
    created: int
    status: str
    charge: str
    payment_intent: str
    amount: int
    currency: str
    reason: str = ""
    failure_reason: str = ""
    idempotency_key: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Dispute:
    """status: needs_response | won | lost"""

    KIND: ClassVar[str] = "dispute"
    id: str
    created: int
    status: str
    charge: str
    payment_intent: str
    amount: int
    currency: str
    reason: str
    due_by: int
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """`object_json` is the object as it was when the event happened."""

    KIND: ClassVar[str] = "event"
    id: str
    created: int
    type: str
    object_json: str
    request_id: str = ""
    idempotency_key: str = ""


@dataclass(slots=True)
class WebhookEndpoint:
    """status: enabled | disabled"""

    KIND: ClassVar[str] = "webhook_endpoint"
    id: str
    created: int
    url: str
    secret: str
    status: str = "enabled"
    enabled_events: list[str] = field(default_factory=list)
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


Record = Customer | PaymentMethod | SetupIntent | PaymentIntent | Charge | Refund | Dispute | Event | WebhookEndpoint
