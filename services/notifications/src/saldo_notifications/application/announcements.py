"""What this service tells the house: a notice was sent, or a try failed. Ids only, never an address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, assert_never

from saldo_contracts.events import Channel, DeliveryFailure, Event, NotificationFailed, NotificationSent

from saldo_notifications.domain.events import NoticeEvent, NoticeFailed, NoticeSent
from saldo_notifications.domain.notice import Notice


class _NoticeFacts(TypedDict):
    account_id: str
    seller_id: str
    notice_id: str
    event_id: str
    event_type: str
    channel: Channel
    contact_id: str | None
    endpoint_id: None
    template: str
    language: str | None
    attempts: int


def announce(entity: object, event: object) -> Iterable[Event]:
    """The contract events that tell a domain event."""
    if isinstance(entity, Notice) and isinstance(event, NoticeSent | NoticeFailed):
        yield _notice_event(entity, event)
        return
    raise TypeError(f"nothing tells {type(event).__name__} of {type(entity).__name__}")


def _notice_event(notice: Notice, event: NoticeEvent) -> Event:
    match event:
        case NoticeSent():
            return NotificationSent(**_facts(notice), sent_at=event.sent_at)
        case NoticeFailed():
            return NotificationFailed(
                **_facts(notice),
                reason=DeliveryFailure(event.reason.value),
                final=event.next_try_at is None,
                next_try_at=event.next_try_at,
                failed_at=event.failed_at,
            )
        case _:
            assert_never(event)


def _facts(notice: Notice) -> _NoticeFacts:
    return {
        "account_id": notice.account_id,
        "seller_id": notice.seller_id,
        "notice_id": notice.notice_id,
        "event_id": notice.event_id,
        "event_type": notice.event_type,
        "channel": Channel.EMAIL,
        "contact_id": notice.contact_id,
        "endpoint_id": None,
        "template": notice.template,
        "language": notice.language,
        "attempts": notice.attempts,
    }
