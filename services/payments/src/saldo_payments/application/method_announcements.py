"""Payment methods in the words other services read: never a number, never a token, people by id only."""

from __future__ import annotations

from saldo_contracts import events as told

from saldo_payments.domain.account import Account
from saldo_payments.domain.contact import Contact
from saldo_payments.domain.events import (
    DefaultMethodChanged,
    MethodFace,
    MethodRejected,
    MethodRemoved,
    MethodValidated,
)
from saldo_payments.domain.payment_method import PaymentMethod


def summary(face: MethodFace) -> told.MethodSummary:
    """What may be shown of a card; brand and digits are unknown until the processor named them."""
    return told.MethodSummary(kind=told.MethodKind.CARD, brand=face.brand, last_four=face.last_four)


def contact_changed(contact: Contact) -> told.ContactChanged:
    return told.ContactChanged(
        account_id=contact.account_id,
        seller_id=contact.seller_id,
        contact_id=contact.contact_id,
        name=contact.name,
        email=contact.email,
        language=contact.language,
        roles=(told.ContactRole.METHOD_HOLDER,),
        version=contact.version,
    )


def submitted(method: PaymentMethod) -> told.PaymentMethodSubmitted:
    return told.PaymentMethodSubmitted(
        account_id=method.account_id,
        seller_id=method.seller_id,
        payment_method_id=method.payment_method_id,
        method=summary(method.face),
        contact_id=method.contact_id,
        expiry=_expiry(method),
        decision_due_at=method.decision_due_at,
    )


def validated(method: PaymentMethod, event: MethodValidated) -> told.PaymentMethodValidated:
    return told.PaymentMethodValidated(
        account_id=method.account_id,
        seller_id=method.seller_id,
        payment_method_id=method.payment_method_id,
        method=summary(method.face),
        contact_id=method.contact_id,
        expiry=_expiry(method),
        validated_at=method.decided_at or method.submitted_at,
        decided_by_agent=False,
        is_default=event.is_default,
        address_matches=None,
        qualifying_after=event.qualifying_after,
    )


def rejected(method: PaymentMethod, event: MethodRejected) -> told.PaymentMethodRejected:
    return told.PaymentMethodRejected(
        account_id=method.account_id,
        seller_id=method.seller_id,
        payment_method_id=method.payment_method_id,
        method=summary(method.face),
        contact_id=method.contact_id,
        reason=told.MethodRejectionReason(event.reason.value),
        limit=event.limit,
        decided_by_agent=False,
        qualifying_after=event.qualifying_after,
    )


def removed(method: PaymentMethod, event: MethodRemoved) -> told.PaymentMethodRemoved:
    return told.PaymentMethodRemoved(
        account_id=method.account_id,
        seller_id=method.seller_id,
        payment_method_id=method.payment_method_id,
        method=summary(method.face),
        contact_id=method.contact_id,
        was_default=event.was_default,
        qualifying_after=event.qualifying_after,
    )


def default_changed(account: Account, event: DefaultMethodChanged) -> told.DefaultPaymentMethodChanged:
    return told.DefaultPaymentMethodChanged(
        account_id=account.account_id,
        seller_id=account.seller_id,
        payment_method_id=event.method_id,
        method=summary(event.face) if event.face else None,
        previous_payment_method_id=event.previous_id,
        chosen_by_customer=event.chosen_by_customer,
    )


def _expiry(method: PaymentMethod) -> told.Expiry:
    return told.Expiry(year=method.expiry_year, month=method.expiry_month)
