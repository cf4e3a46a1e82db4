"""The one way out: what happened inside, in the words other services read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, assert_never, cast

from saldo_contracts.events import Event

from saldo_payments.application import method_announcements as methods
from saldo_payments.application import payment_announcements as payments
from saldo_payments.domain.account import Account
from saldo_payments.domain.contact import Contact
from saldo_payments.domain.events import (
    AttemptLimitMet,
    AuthenticationAsked,
    AutopaySwitched,
    ChargeBegun,
    CollectionFailed,
    ContactGiven,
    DefaultMethodChanged,
    DomainEvent,
    MethodRejected,
    MethodRemoved,
    MethodSubmitted,
    MethodValidated,
    MoneyCollected,
    PayerAuthenticated,
)
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_method import PaymentMethod

_Kind = TypeVar("_Kind")


def announce(entity: object, event: object) -> Iterable[Event]:
    """The contract event of a domain event of this entity."""
    return (_told(entity, cast("DomainEvent", event)),)


def _told(entity: object, event: DomainEvent) -> Event:
    match event:
        case ContactGiven():
            return methods.contact_changed(_the(Contact, entity))
        case MethodSubmitted():
            return methods.submitted(_the(PaymentMethod, entity))
        case MethodValidated():
            return methods.validated(_the(PaymentMethod, entity), event)
        case MethodRejected():
            return methods.rejected(_the(PaymentMethod, entity), event)
        case MethodRemoved():
            return methods.removed(_the(PaymentMethod, entity), event)
        case DefaultMethodChanged():
            return methods.default_changed(_the(Account, entity), event)
        case AutopaySwitched():
            return payments.autopay_changed(_the(Account, entity), event)
        case AttemptLimitMet():
            return payments.limit_reached(_the(Account, entity), event)
        case ChargeBegun():
            return payments.initiated(_the(Payment, entity), event)
        case AuthenticationAsked():
            return payments.authentication_required(_the(Payment, entity), event)
        case PayerAuthenticated():
            return payments.authenticated(_the(Payment, entity), event)
        case MoneyCollected():
            return payments.succeeded(_the(Payment, entity), event)
        case CollectionFailed():
            return payments.failed(_the(Payment, entity), event)
        case _:
            assert_never(event)


def _the(kind: type[_Kind], entity: object) -> _Kind:
    if not isinstance(entity, kind):
        raise TypeError(f"{type(entity).__name__} gathered an event of {kind.__name__}")
    return entity
