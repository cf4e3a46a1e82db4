"""Who tells which fact on which topic, and who hears it: one table for all services, also those still to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from saldo_contracts import events as e
from saldo_contracts.event import EVENTS_BY_NAME, Event
from saldo_contracts.topics import CONTACT_OWNERS, SERVICES, USAGE, Topic, contacts_topic, public_topic
from saldo_contracts.usage import PRODUCERS

Events: TypeAlias = frozenset[type[Event]]

# Names of the requirements' vocabulary that are no events, each with where its fact is.
NOT_BUILT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BillingActivityLogged": "the audit view is derived from all events and their ce_actor",
        "UsageRated": "ChargesFinalized: its lines of kind usage",
        "BillingPeriodStarted": "ChargesFinalized: its period",
    }
)

_ON_CONTACTS_TOPICS: Final[Events] = frozenset({e.ContactChanged, e.ContactErased})

# The facts that carry live_after: payments guards the last usable method with it (C-02).
_LIVE_SUBSCRIPTIONS: Final[Events] = frozenset(
    {
        e.TrialStarted,
        e.TrialEnded,
        e.SubscriptionActivated,
        e.SubscriptionChanged,
        e.SubscriptionRenewed,
        e.SubscriptionReactivated,
        e.SubscriptionDowngraded,
        e.SubscriptionCancelled,
        e.SubscriptionEnded,
    }
)

_PAYMENTS_HEARS: Final[Events] = _LIVE_SUBSCRIPTIONS | {
    e.AccountOpened,
    e.BillingProfileUpdated,
    e.InvoiceIssued,
    e.PaymentApplied,
    e.InvoicePartiallyPaid,
    e.InvoicePaid,
    e.InvoiceReopened,
    e.CreditIssued,
    e.RefundIssued,
    e.ErasureRequested,
}

_INVOICING_HEARS: Final[Events] = frozenset(
    {
        e.ChargesFinalized,
        e.UpcomingChargesEstimated,
        e.QuoteIssued,
        e.SubscriptionDowngraded,
        e.PaymentSucceeded,
        e.PaymentReversed,
        e.OfflinePaymentRecorded,
        e.RefundCompleted,
        e.RefundFailed,
        e.BillingAdminAdded,
        e.BillingAdminChanged,
        e.BillingAdminRemoved,
        e.ErasureRequested,
    }
)

_SUBSCRIPTIONS_HEARS: Final[Events] = frozenset(
    {
        e.UsageReported,
        e.AccountOpened,
        e.BillingProfileUpdated,
        e.ShippingAddressUpdated,
        e.BalanceChanged,
        e.BalanceCleared,
        e.InvoiceIssued,  # which charges an invoice was made of: a failed payment is a failed renewal (GOTO-64)
        e.InvoiceOverdue,
        e.InvoicePaid,
        e.QuoteTaxesEstimated,
        e.PaymentFailed,
        e.PaymentMethodValidated,
        e.PaymentMethodRejected,
        e.PaymentMethodUpdated,
        e.PaymentMethodRemoved,
        e.PaymentMethodExpired,
        e.SupportCaseOpened,
        e.ErasureRequested,
    }
)

# Facts that are nobody's mail, feed no copy of notifications and are no webhook: they are the house's own talk.
_NOT_FOR_NOTIFICATIONS: Final[Events] = frozenset(
    {
        e.UsageReported,
        e.UsageRecorded,
        e.ChargesFinalized,
        e.UpcomingChargesEstimated,
        e.QuoteTaxesEstimated,
        e.NotificationSent,
        e.NotificationFailed,
        e.AccessDenied,
        e.InvoiceDownloaded,
        e.FeeRatesChanged,
    }
)

_ALL: Final[Events] = frozenset(EVENTS_BY_NAME.values())

HEARS: Final[Mapping[str, Events]] = MappingProxyType(
    {
        "payments": _PAYMENTS_HEARS,
        "invoicing": _INVOICING_HEARS,
        "subscriptions": _SUBSCRIPTIONS_HEARS,
        "notifications": _ALL - _NOT_FOR_NOTIFICATIONS,
        "portal": _ALL - {e.UsageReported},  # the audit view; raw usage is read over HTTP
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: who tells it, where, and who hears it; topics in the order of tellers."""

    event: type[Event]
    tellers: tuple[str, ...]
    topics: tuple[Topic, ...]
    consumers: tuple[str, ...]


def topic_for(event: type[Event], teller: str) -> Topic:
    """Where this service tells this event. Raises KeyError when it never does."""
    if teller not in _tellers(event):
        raise KeyError(f"{teller} does not tell {event.__name__}")
    if event.owner == PRODUCERS:
        return USAGE
    return contacts_topic(teller) if event in _ON_CONTACTS_TOPICS else public_topic(teller)


def told_by(service: str) -> tuple[type[Event], ...]:
    """Every event this service may tell, by name."""
    return tuple(entry.event for entry in CATALOGUE.values() if service in entry.tellers)


def heard_by(service: str) -> tuple[type[Event], ...]:
    """Every event this service hears, by name."""
    return tuple(entry.event for entry in CATALOGUE.values() if service in entry.consumers)


def topics_heard_by(service: str) -> tuple[Topic, ...]:
    """The topics a service listens to, by name: those with an event that it hears."""
    heard = {topic for entry in CATALOGUE.values() if service in entry.consumers for topic in entry.topics}
    return tuple(sorted(heard, key=lambda topic: topic.name))


def _tellers(event: type[Event]) -> tuple[str, ...]:
    if event.owner is not None:
        return (event.owner,)
    return CONTACT_OWNERS if event in _ON_CONTACTS_TOPICS else SERVICES


def _entry(event: type[Event]) -> Entry:
    tellers = _tellers(event)
    topics = tuple(topic_for(event, teller) for teller in tellers)
    consumers = tuple(service for service in SERVICES if event in HEARS[service])
    return Entry(event, tellers, topics, consumers)


CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {name: _entry(EVENTS_BY_NAME[name]) for name in sorted(EVENTS_BY_NAME)}
)
