"""What this service hears of invoicing: accounts and recipients for its copy, and documents to tell of."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import AccountOpened, BillingProfileUpdated, Event, InvoiceRecipientsChanged
from saldo_messaging import Translator

from saldo_notifications.application.record_account import RecordAccount, RecordRecipients
from saldo_notifications.entrypoints.telling import telling


def on_account_snapshot(event: Event, envelope: Envelope) -> RecordAccount | None:
    """AccountOpened and BillingProfileUpdated carry the same whole snapshot."""
    if not isinstance(event, AccountOpened | BillingProfileUpdated):
        return None
    return RecordAccount(
        account_id=event.account_id,
        seller_id=event.seller_id,
        number=event.account_number,
        language=event.language,
        time_zone=event.time_zone,
        billing_contact_id=event.billing_contact_id,
        snapshot_version=event.account_version,
    )


def on_invoice_recipients_changed(event: Event, envelope: Envelope) -> RecordRecipients | None:
    if not isinstance(event, InvoiceRecipientsChanged):
        return None
    return RecordRecipients(
        account_id=event.account_id,
        recipients=tuple((recipient.contact_id, recipient.primary) for recipient in event.recipients),
        snapshot_version=event.account_version,
    )


LISTENS: Mapping[type[Event], Translator] = {
    AccountOpened: on_account_snapshot,
    BillingProfileUpdated: on_account_snapshot,
    InvoiceRecipientsChanged: on_invoice_recipients_changed,
    **telling("invoicing"),
}
