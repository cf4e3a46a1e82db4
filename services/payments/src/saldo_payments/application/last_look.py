"""What stands in the books of an account at the moment money is about to move."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import NotFound, NotYetKnown, UnitOfWork

from saldo_payments.domain.account import Account
from saldo_payments.domain.collectable import Collectable, collectable
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_states import PaymentOrigin, PaymentStatus

OPEN_OF_ACCOUNT = "open_of_account"
PENDING_OF_ACCOUNT = "pending_of_account"
HELD_OF_ACCOUNT = "held_of_account"


@dataclass(frozen=True, slots=True)
class LastLook:
    """`free` is what nothing else is about to collect; `owed` what would be left if all that is under way failed."""

    free: Collectable
    owed: Collectable
    promised: int  # tries accepted from the payer and not begun yet


async def last_look(work: UnitOfWork, account: Account, *, besides: str | None = None) -> LastLook:
    """Read it under the account's row lock; `besides` is the payment that asks."""
    invoices = await work.group(InvoiceCopy, OPEN_OF_ACCOUNT, account.account_id)
    pending = [
        payment
        for payment in await work.group(Payment, PENDING_OF_ACCOUNT, account.account_id)
        if payment.payment_id != besides
    ]
    settled = [payment for payment in pending if payment.status is PaymentStatus.SUCCEEDED]
    promised = sum(
        1
        for payment in pending
        if payment.status is PaymentStatus.REQUESTED and payment.origin is not PaymentOrigin.AUTOPAY
    )
    return LastLook(
        free=collectable(invoices, pending, account.currency),
        owed=collectable(invoices, settled, account.currency),
        promised=promised,
    )


async def known_account(work: UnitOfWork, account_id: str) -> Account:
    """The account's copy, locked; NotYetKnown while it has not arrived."""
    account = await work.find(Account, account_id)
    if account is None:
        raise NotYetKnown("account", account_id)
    return account


async def reached_account(work: UnitOfWork, account_id: str) -> Account:
    """The account's copy, locked, if the caller may know of it; NotFound otherwise."""
    if not work.cause.actor.names(account_id):
        raise NotFound("there is no such account")
    account = await known_account(work, account_id)
    if not work.cause.actor.reaches(seller_id=account.seller_id, account_id=account.account_id):
        raise NotFound("there is no such account")
    return account
