"""What the textbook services tell each other: one topic an event."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

PARTITIONS = 24  # as the house's topics have
PAYMENT_SUCCEEDED = "textbook.payment-succeeded"
PAYMENT_APPLIED = "textbook.payment-applied"
INVOICE_PARTIALLY_PAID = "textbook.invoice-partially-paid"
BALANCE_CHANGED = "textbook.balance-changed"
NOTIFICATION_SENT = "textbook.notification-sent"
TOPICS = (PAYMENT_SUCCEEDED, PAYMENT_APPLIED, INVOICE_PARTIALLY_PAID, BALANCE_CHANGED, NOTIFICATION_SENT)


class Amount(BaseModel):
    minor_units: int
    currency: str


class PaymentSucceeded(BaseModel):
    account_id: str
    payment_id: str
    amount: Amount
    captured_at: datetime


class PaymentApplied(BaseModel):
    account_id: str
    payment_id: str
    amount: Amount


class InvoicePartiallyPaid(BaseModel):
    account_id: str
    invoice_id: str
    amount: Amount
    open_after: Amount


class BalanceChanged(BaseModel):
    account_id: str
    ledger_version: int
    balance: Amount


class NotificationSent(BaseModel):
    account_id: str
    notice_id: str
    sent_at: datetime
