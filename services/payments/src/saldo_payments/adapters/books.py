"""What payments stores, in lock order: the account first, since its row is the gate of everything that moves money."""

from __future__ import annotations

from saldo_messaging import Group, SqlUnitOfWork, Stored

from saldo_payments.adapters import tables
from saldo_payments.application.last_look import HELD_OF_ACCOUNT, OPEN_OF_ACCOUNT, PENDING_OF_ACCOUNT
from saldo_payments.domain.account import Account
from saldo_payments.domain.contact import Contact
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.method_states import TAKES_A_PLACE
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import UNSETTLED, PaymentStatus


def _pending(payment: Payment) -> bool:
    return payment.status in UNSETTLED or (payment.status is PaymentStatus.SUCCEEDED and not payment.applied)


_methods = tables.payment_methods.c
_payments = tables.payments.c


class SqlBooks(SqlUnitOfWork):
    """Declaration order = lock order = flush order."""

    accounts = Stored(Account, tables.accounts, key="account_id")
    methods = Stored(
        PaymentMethod,
        tables.payment_methods,
        key="payment_method_id",
        groups={
            HELD_OF_ACCOUNT: Group(
                "account_id",
                where=_methods.status.in_(sorted(status.value for status in TAKES_A_PLACE)),
                holds=lambda method: method.status in TAKES_A_PLACE,
            )
        },
    )
    contacts = Stored(Contact, tables.contacts, key="contact_id")
    invoices = Stored(
        InvoiceCopy,
        tables.invoices,
        key="invoice_id",
        groups={
            OPEN_OF_ACCOUNT: Group(
                "account_id",
                where=tables.invoices.c.open_minor_units > 0,
                holds=lambda invoice: invoice.open.is_positive,
            )
        },
    )
    payments = Stored(
        Payment,
        tables.payments,
        key="payment_id",
        groups={
            PENDING_OF_ACCOUNT: Group(
                "account_id",
                where=_payments.status.in_(sorted(status.value for status in UNSETTLED))
                | ((_payments.status == PaymentStatus.SUCCEEDED.value) & _payments.applied.is_(False)),
                holds=_pending,
            )
        },
    )
    attempts = Stored(PaymentAttempt, tables.payment_attempts, key="attempt_id")
