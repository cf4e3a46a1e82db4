"""What this service tells the house: the contract event of each domain event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypedDict, assert_never

from saldo_contracts import events as told
from saldo_contracts.events import Event
from saldo_contracts.wire import Amount, Period
from saldo_money import Money

from saldo_invoicing.domain import events as happened
from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.contact import Contact
from saldo_invoicing.domain.invoice import Invoice
from saldo_invoicing.domain.receipt import Receipt


def announce(entity: object, event: object) -> Iterable[Event]:
    """The contract events that tell a domain event; raises TypeError for a pair that nobody tells."""
    if isinstance(entity, Account) and isinstance(event, happened.AccountEvent):
        yield from _of_account(entity, event)
    elif isinstance(entity, Invoice) and isinstance(event, happened.InvoiceEvent):
        yield _of_invoice(entity, event)
    elif isinstance(entity, Receipt) and isinstance(event, happened.ReceiptEvent):
        yield _of_receipt(entity, event)
    elif isinstance(entity, Contact) and isinstance(event, happened.ContactEvent):
        yield _of_contact(entity)
    else:
        raise TypeError(f"nothing tells {type(event).__name__} of {type(entity).__name__}")


def amount(money: Money) -> Amount:
    """The wire form of an amount."""
    return Amount(minor_units=money.minor_units, currency=money.currency.code)


# -- accounts and people -------------------------------------------------------------------------------------------


class _Snapshot(TypedDict):
    account_id: str
    seller_id: str
    account_number: str
    account_version: int
    currency: str
    language: str
    time_zone: str
    country: str | None
    region: str | None
    postal_code: str | None
    address_fingerprint: str | None
    collection: told.Collection
    status: told.AccountStatus
    business: bool
    billing_contact_id: str | None
    recipients: tuple[told.Recipient, ...]


def _of_account(account: Account, event: happened.AccountEvent) -> Iterable[Event]:
    match event:
        case happened.AccountWasOpened():
            yield told.AccountOpened(**_snapshot(account))
            yield _recipients_changed(account)
        case happened.ProfileWasSaved():
            changed = tuple(told.ProfilePart(part.value) for part in event.changed)
            yield told.BillingProfileUpdated(**_snapshot(account), changed=changed)
        case happened.RecipientsWereReplaced():
            yield _recipients_changed(account)
        case happened.ShippingWasSaved():
            yield told.ShippingAddressUpdated(
                account_id=account.account_id,
                seller_id=account.seller_id,
                present=event.country is not None,
                country=event.country,
                account_version=account.profile_version,
            )
        case happened.LateFeeWasCharged():
            yield _late_fee_charged(account, event)
        case happened.BalanceMoved():
            yield _balance_changed(account, event)
        case happened.BalanceWasCleared():
            yield told.BalanceCleared(
                account_id=account.account_id,
                seller_id=account.seller_id,
                ledger_version=account.ledger_version,
                balance=amount(account.balance),
                cleared_at=event.at,
            )
        case _:
            assert_never(event)


def _snapshot(account: Account) -> _Snapshot:
    return {
        "account_id": account.account_id,
        "seller_id": account.seller_id,
        "account_number": account.number,
        "account_version": account.profile_version,
        "currency": account.currency,
        "language": account.language,
        "time_zone": account.time_zone,
        "country": account.country,
        "region": account.region,
        "postal_code": account.postal_code,
        "address_fingerprint": account.address_fingerprint,
        "collection": told.Collection(account.collection.value),
        "status": told.AccountStatus(account.status.value),
        "business": False,  # VAT ids are not kept yet
        "billing_contact_id": account.billing_contact_id,
        "recipients": _recipients(account),
    }


def _recipients(account: Account) -> tuple[told.Recipient, ...]:
    return tuple(
        told.Recipient(
            contact_id=recipient.contact_id,
            primary=recipient.primary,
            origin=told.RecipientOrigin(recipient.origin.value),
        )
        for recipient in account.recipients
    )


def _recipients_changed(account: Account) -> Event:
    return told.InvoiceRecipientsChanged(
        account_id=account.account_id,
        seller_id=account.seller_id,
        recipients=_recipients(account),
        account_version=account.profile_version,
    )


def _of_contact(contact: Contact) -> Event:
    return told.ContactChanged(
        account_id=contact.account_id,
        seller_id=contact.seller_id,
        contact_id=contact.contact_id,
        name=contact.name,
        email=contact.email,
        language=contact.language,
        roles=tuple(told.ContactRole(role.value) for role in contact.roles),
        version=contact.contact_version,
    )


# -- documents and money -------------------------------------------------------------------------------------------


class _InvoiceFacts(TypedDict):
    account_id: str
    seller_id: str
    invoice_id: str
    number: str
    due_date: date
    total: Amount


def _invoice_facts(invoice: Invoice) -> _InvoiceFacts:
    return {
        "account_id": invoice.account_id,
        "seller_id": invoice.seller_id,
        "invoice_id": invoice.invoice_id,
        "number": invoice.number,
        "due_date": invoice.due_on,
        "total": amount(invoice.total),
    }


def _of_invoice(invoice: Invoice, event: happened.InvoiceEvent) -> Event:
    match event:
        case happened.InvoiceWasIssued():
            return _invoice_issued(invoice, event)
        case happened.CreditWasIssued():
            return _credit_issued(invoice, event)
        case happened.InvoiceWasSettled():
            return _invoice_settled(invoice, event)
        case happened.InvoiceWasReopened():
            return told.InvoiceReopened(
                **_invoice_facts(invoice),
                open_after=amount(event.open_after),
                amount=amount(event.amount),
                reason=told.ReopenReason.PAYMENT_REVERSED,
                payment_id=event.payment_id,
            )
        case happened.InvoiceFellOverdue():
            return told.InvoiceOverdue(
                **_invoice_facts(invoice), open_after=amount(event.open_after), overdue_since=event.since
            )
        case _:
            assert_never(event)


def _invoice_issued(invoice: Invoice, event: happened.InvoiceWasIssued) -> Event:
    span = event.service_period
    return told.InvoiceIssued(
        account_id=invoice.account_id,
        seller_id=invoice.seller_id,
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        account_number=event.account_number,
        kind=told.DocumentKind(invoice.kind.value),
        currency=invoice.currency,
        total=amount(invoice.total),
        tax_total=amount(invoice.tax),
        open_amount=amount(invoice.open),
        issue_date=invoice.issued_on,
        due_date=invoice.due_on,
        charges_id=invoice.charges_id,
        service_period=Period(starts_on=span.starts_on, ends_before=span.ends_before) if span else None,
        collection=told.Collection(event.collection),
        line_count=event.line_count,
        hardware=invoice.hardware,
        document_url=None,
    )


def _invoice_settled(invoice: Invoice, event: happened.InvoiceWasSettled) -> Event:
    settled_by = told.SettledBy(event.settled_by.value)
    if event.open_after.is_zero:
        return told.InvoicePaid(
            **_invoice_facts(invoice),
            open_after=amount(event.open_after),
            amount=amount(event.amount),
            settled_by=settled_by,
            payment_id=event.payment_id,
            paid_at=event.at,
        )
    return told.InvoicePartiallyPaid(
        **_invoice_facts(invoice),
        open_after=amount(event.open_after),
        amount=amount(event.amount),
        settled_by=settled_by,
        payment_id=event.payment_id,
    )


def _credit_issued(note: Invoice, event: happened.CreditWasIssued) -> Event:
    return told.CreditIssued(
        account_id=note.account_id,
        seller_id=note.seller_id,
        credit_note_id=note.invoice_id,
        number=note.number,
        account_number=event.account_number,
        amount=amount(-note.total),
        tax_total=amount(-note.tax),
        reason=told.CreditReason(event.reason.value),
        corrected_invoice_id=event.corrected_invoice_id,
        applications=_parts(event.parts),
        remaining=amount(event.remaining),
        issue_date=note.issued_on,
        document_url=None,
    )


def _parts(parts: Iterable[happened.Part]) -> tuple[told.InvoicePart, ...]:
    return tuple(
        told.InvoicePart(
            invoice_id=part.invoice_id,
            number=part.number,
            amount=amount(part.amount),
            open_after=amount(part.open_after),
        )
        for part in parts
    )


def _of_receipt(receipt: Receipt, event: happened.ReceiptEvent) -> Event:
    return told.PaymentApplied(
        account_id=receipt.account_id,
        seller_id=receipt.seller_id,
        payment_id=receipt.receipt_id,
        amount=amount(receipt.amount),
        applications=_parts(event.parts),
        surplus=amount(event.surplus),
        applied_at=event.at,
    )


def _late_fee_charged(account: Account, event: happened.LateFeeWasCharged) -> Event:
    return told.LateFeeCharged(
        account_id=account.account_id,
        seller_id=account.seller_id,
        late_fee_id=event.late_fee_id,
        invoice_id=event.invoice_id,
        number=event.number,
        due_date=event.due_on,
        total=amount(event.total),
        open_after=amount(event.open_after),
        amount=amount(event.amount),
        charged_on=event.charged_on,
    )


def _balance_changed(account: Account, event: happened.BalanceMoved) -> Event:
    return told.BalanceChanged(
        account_id=account.account_id,
        seller_id=account.seller_id,
        ledger_version=account.ledger_version,
        balance=amount(account.balance),
        overdue=amount(account.overdue),
        credit=amount(account.credit),
        oldest_overdue_due_date=account.oldest_overdue_due_on,
        oldest_overdue_invoice_id=account.oldest_overdue_invoice_id,
        movement=told.BalanceMovement(event.movement.value),
        changed_by=amount(event.changed_by),
    )
