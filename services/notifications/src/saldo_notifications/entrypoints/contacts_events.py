"""What this service hears on the contacts topics of all owners: who people are, and that they are forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import ContactChanged, ContactErased, Event
from saldo_messaging import Translator

from saldo_notifications.application.erase_contact import EraseContact
from saldo_notifications.application.record_contact import RecordContact


def on_contact_changed(event: Event, envelope: Envelope) -> RecordContact | None:
    if not isinstance(event, ContactChanged):
        return None
    return RecordContact(
        contact_id=event.contact_id,
        account_id=event.account_id,
        seller_id=event.seller_id,
        email=event.email,
        name=event.name,
        language=event.language,
        snapshot_version=event.version,
    )


def on_contact_erased(event: Event, envelope: Envelope) -> EraseContact | None:
    """The tombstone that follows it has nothing to add, and is stepped over."""
    if not isinstance(event, ContactErased):
        return None
    return EraseContact(
        contact_id=event.contact_id,
        account_id=event.account_id,
        seller_id=event.seller_id,
        snapshot_version=event.version,
        erased_at=event.erased_at,
    )


LISTENS: Mapping[type[Event], Translator] = {
    ContactChanged: on_contact_changed,
    ContactErased: on_contact_erased,
}
