"""What payments tells and means here: whether an account has a method that can be charged."""

from __future__ import annotations

from typing import TypeAlias

from saldo_contracts import events as told
from saldo_contracts.envelope import Envelope

from saldo_subscriptions.application.note_payment_methods import NotePaymentMethods

MethodFact: TypeAlias = (
    told.PaymentMethodValidated
    | told.PaymentMethodRejected
    | told.PaymentMethodUpdated
    | told.PaymentMethodRemoved
    | told.PaymentMethodExpired
)


def on_payment_methods_changed(event: MethodFact, _: Envelope) -> NotePaymentMethods:
    """Each of these facts carries how many qualifying methods are left after it."""
    return NotePaymentMethods(account_id=event.account_id, qualifying=event.qualifying_after)
