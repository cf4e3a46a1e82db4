"""One example message for every event, from declared values: what documents show and tests read."""

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel

from saldo_contracts import events as e
from saldo_contracts.catalogue import CATALOGUE
from saldo_contracts.envelope import Envelope, event_id, source_of
from saldo_contracts.event import Event
from saldo_contracts.usage import PRODUCERS
from saldo_contracts.wire import Amount, Period

_NAMESPACE: Final = UUID("5a1d0b11-0000-5000-8000-0000000e8a3b")  # example ids, so that they are nobody's
_MOMENT: Final = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_DAY: Final = date(2026, 3, 1)


def _eur(minor_units: int) -> Amount:
    return Amount(minor_units=minor_units, currency="EUR")


# By the field's name, in any event; ids, days, moments and the rest are derived below.
_BY_FIELD: Final[dict[str, object]] = {
    "account_number": "ACC-1003",
    "number": "INV-2026-000007",
    "currency": "EUR",
    "language": "it",
    "previous_language": "en",
    "time_zone": "Europe/Rome",
    "country": "IT",
    "card_country": "IT",
    "region": "MI",
    "postal_code": "20121",
    "address_fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "document_url": "https://billing.example/documents/0f0e",
    "name": "Ada Example",
    "email": "ada@customer.example",
    "service": "invoicing",
    "permission": "billing_information:view",
    "permissions": ("billing_information:view", "payment_methods:manage"),
    "operation": "invoices.list",
    "template": "payment-receipt",
    "event_type": "billing.payment.succeeded.v1",
    "brand": "visa",
    "last_four": "4242",
    "year": 2028,
    "month": 11,
    "product_code": "team",
    "plan_code": "team-monthly",
    "previous_plan_code": "team-free",
    "item_code": "team-seat",
    "option_code": "renew-annual",
    "features": ("meetings", "recording"),
    "terms_code": "terms-of-service",
    "terms_version": "2026-01",
    "meter": "voice-minutes-outbound",
    "producer_id": "voice-switch-1",
    "record_id": "cdr-000000042",
    "dimensions": {"direction": "outbound", "country": "IT"},
    "description_key": "plan.recurring",
    "description_arguments": {"plan": "team-monthly", "seats": "10"},
    "quantity": "10",
    "unit_price": "10.00",
    "wireless_class": None,
    "tax_code": "it-vat",
    "fee_code": "usf",
    "rate_percent": "22",
    "trigger": "run",
    "amount": _eur(12200),
    "total": _eur(12200),
    "tax_total": _eur(2200),
    "net_total": _eur(10000),
    "net_amount": _eur(6667),
    "base": _eur(10000),
    "price": _eur(10000),
    "open_amount": _eur(12200),
    "open_after": _eur(0),
    "surplus": _eur(0),
    "remaining": _eur(0),
    "balance": _eur(12200),
    "overdue": _eur(12200),
    "outstanding": _eur(12200),
    "credit": _eur(0),
    "changed_by": _eur(12200),
    "disputed_amount": _eur(12200),
    "contract_total": _eur(150000),
    "savings_total": _eur(30000),
    "primary": True,
    "customer_present": True,
    "hardware": False,
    "voice": False,
    "due_date": _DAY + timedelta(days=14),
    "window_ends_on": _DAY + timedelta(days=15),
    "renews_on": _DAY + timedelta(days=31),
    "until": _MOMENT + timedelta(hours=24),
    "retry_not_before": _MOMENT + timedelta(hours=1),
    "next_automatic_try_at": _MOMENT + timedelta(days=1),
    "next_try_at": None,
    "changed": (e.ProfilePart.BILLING_ADDRESS,),
    "method": e.MethodSummary(kind=e.MethodKind.CARD, brand="visa", last_four="4242"),
    "current_period": Period(starts_on=_DAY, ends_before=date(2026, 4, 1)),
    "service_period": Period(starts_on=_DAY, ends_before=date(2026, 4, 1)),
    "period": Period(starts_on=_DAY, ends_before=date(2026, 4, 1)),
}

_LINE_OF_AMOUNT: Final = {"amount": _eur(10000), "first_of_series": True, "cadence": e.Cadence.CALENDAR_MONTH}

# By the class, where the common value would tell an impossible story.
_BY_CLASS: Final[dict[type[BaseModel], dict[str, object]]] = {
    e.ChargeLine: _LINE_OF_AMOUNT,
    e.OrderLine: _LINE_OF_AMOUNT,
    e.QuoteLine: _LINE_OF_AMOUNT,
    e.TaxEstimate: {"amount": _eur(2200)},
    e.InvoicePartiallyPaid: {"amount": _eur(5000), "open_after": _eur(7200)},
    e.InvoiceReopened: {"open_after": _eur(12200)},
    e.InvoiceOverdue: {"open_after": _eur(12200), "overdue_since": _DAY + timedelta(days=15)},
    e.LateFeeCharged: {"amount": _eur(500), "open_after": _eur(12200)},
    e.DisputeOpened: {"open_after": _eur(12200)},
    e.DisputeRefused: {"open_after": _eur(12200), "received_on": _DAY + timedelta(days=16)},
    e.BalanceCleared: {"balance": _eur(0)},
    e.CreditIssued: {"number": "CRN-2026-000002", "reason": e.CreditReason.NON_PAYMENT_DOWNGRADE},
    e.RefundIssued: {"number": "REF-2026-000001", "applications": ()},
    e.QuoteIssued: {"number": "QUO-2026-000004"},
    e.QuoteAccepted: {"number": "QUO-2026-000004"},
    e.QuoteDeclined: {"number": "QUO-2026-000004"},
    e.ContractSigned: {"number": "CON-2026-000004"},
    e.SupportCaseOpened: {"number": "CASE-2026-000009", "kind": e.CaseKind.CANCELLATION},
    e.OfflinePaymentRecorded: {"kind": e.MethodKind.BANK_TRANSFER},
    e.PaymentFailed: {"customer_present": False},
    e.PaymentMethodRejected: {"limit": 4},
    e.LicencesPurchased: {"quantity": 10, "unassigned_after": 10, "total_after": 10},
    e.FeeRatesChanged: {"amount": None, "country": "US", "region": None},
    e.TaxExemptionRequested: {"country": "US", "region": "CA"},
    e.TaxExemptionStatusChanged: {
        "country": "US",
        "region": "CA",
        "status": e.ExemptionStatus.APPROVED,
        "previous_status": e.ExemptionStatus.IN_REVIEW,
        "valid_until": date(2027, 2, 28),
        "decline_reason": None,
    },
    e.SubscriptionDowngraded: {"reason": e.EndReason.NON_PAYMENT, "previous_plan_code": "team-monthly"},
    e.SubscriptionCancelled: {"ends_on": date(2026, 3, 31), "data_purge_on": date(2026, 6, 29)},
    e.DataPurgeScheduled: {"access_ended_on": date(2026, 3, 31), "purge_on": date(2026, 6, 29)},
    e.BillingFrequencyChanged: {"cadence": e.Cadence.ANNUAL, "previous_cadence": e.Cadence.ANNIVERSARY_MONTH},
    e.NotificationSent: {"endpoint_id": None},
    e.NotificationFailed: {"endpoint_id": None, "final": True},
    e.AutoRenewChanged: {"renews_on": None, "ends_on": date(2026, 3, 31)},
    e.AccountMigrated: {"previously_served_by": e.ServingPortal.CLASSIC},
}


def example_id(name: str) -> str:
    """The example's id for a thing of this name ("invoice" and "invoice_id" are one)."""
    return str(uuid5(_NAMESPACE, name.removesuffix("_id")))


def example_of(event: type[Event]) -> Event:
    """The example of an event. Raises LookupError when a field has no declared value."""
    return event.model_validate(_fields(event))


def example_envelope(event: type[Event]) -> Envelope:
    """The envelope that goes with the example."""
    body = example_of(event)
    teller = CATALOGUE[event.__name__].tellers[0]
    version = 0 if teller == PRODUCERS else 1  # producers keep no aggregate
    source = source_of(f"usage/{_BY_FIELD['producer_id']}" if teller == PRODUCERS else teller)
    return Envelope(
        id=event_id(source, body.subject, aggregate_version=version, type=event.type_),
        source=source,
        type=event.type_,
        subject=body.subject,
        time=_MOMENT,
        partition_key=body.partition_key,
        sequence=version,
        seller_id=body.seller_id,
        recorded_time=_MOMENT + timedelta(milliseconds=12),
        causation_id=example_id("cause"),
        actor=f"member/{example_id('member')}",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    )


def _fields(model: type[BaseModel]) -> dict[str, object]:
    own = {**_BY_FIELD, **_BY_CLASS.get(model, {})}
    return {
        name: own[name] if name in own else _value(name, field.annotation) for name, field in model.model_fields.items()
    }


def _value(name: str, annotation: Any) -> object:
    """A value of this type: the first of a vocabulary, one item in a list, something rather than none."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(name, arguments[0])
    if origin in (Union, UnionType):
        return _value(name, next(argument for argument in arguments if argument is not NoneType))
    if origin is tuple:
        return (_value(name.removesuffix("s"), arguments[0]),)
    return _single(name, annotation)


def _single(name: str, kind: type) -> object:
    if issubclass(kind, BaseModel):
        return kind.model_validate(_fields(kind))
    if issubclass(kind, Enum):
        return next(iter(kind))
    if kind is str and name.endswith("_id"):
        return example_id(name)
    simple: dict[type, object] = {bool: True, int: 1, AwareDatetime: _MOMENT, date: _DAY}
    if kind not in simple:
        raise LookupError(f"no example is declared for {name}")
    return simple[kind]
