"""Any event that people are told of becomes one command, by the table of who is told what."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import Event
from saldo_messaging import Translator

from saldo_notifications.application.compose_notices import ComposeNotices
from saldo_notifications.application.composition import TELLING, named_contact, told_by


def tell(event: Event, envelope: Envelope) -> ComposeNotices | None:
    """None where the table's condition says that nobody is told of this one."""
    _, rule = TELLING[event.type_]
    if rule.when is not None and not rule.when(event):
        return None
    return ComposeNotices(
        event_id=envelope.id,
        event_type=event.type_,
        account_id=event.account_id,
        contact_id=named_contact(rule, event),
        facts=event.to_bytes().decode(),
    )


def telling(owner: str) -> Mapping[type[Event], Translator]:
    """What is heard of a service in order to tell people."""
    return dict.fromkeys(told_by(owner), tell)
