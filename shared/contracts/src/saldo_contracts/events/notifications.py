"""What notifications tells: a notice reached its recipient's mail system, or it did not."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import Code, Id, Language, OpenVocabulary, Timestamp


class Channel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


class DeliveryFailure(OpenVocabulary):
    RECIPIENT_REFUSED = "recipient_refused"
    BOUNCED = "bounced"
    MESSAGE_REFUSED = "message_refused"
    UNREACHABLE = "unreachable"
    CONTACT_ERASED = "contact_erased"
    CONTACT_UNKNOWN = "contact_unknown"
    TEMPLATE_FAULTY = "template_faulty"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    OTHER = "other"


class _NoticeFact(Event):
    notice_id: Id
    event_id: Annotated[Id, Field(description="The fact that the notice tells, its ce_id.")]
    event_type: Annotated[str, Field(pattern=r"^billing\.[a-z_]+\.[a-z_]+\.v[0-9]+$")]
    channel: Channel
    contact_id: Annotated[Id | None, Field(description="The recipient; none on a webhook.")]
    endpoint_id: Annotated[Id | None, Field(description="The webhook's endpoint; none for e-mail.")]
    template: Code
    language: Language | None
    attempts: Annotated[int, Field(ge=0)]


class NotificationSent(_NoticeFact, type="billing.notification.sent.v1", subject="notice_id", owner="notifications"):
    """The recipient's side accepted the notice. IBM-12, IBM-25, SL-25, GOTO-54, 84, 98, 104, 119, 121, 143, 147."""

    sent_at: Timestamp


class NotificationFailed(
    _NoticeFact, type="billing.notification.failed.v1", subject="notice_id", owner="notifications"
):
    """A notice was not delivered; `final` says whether it will be tried again. Never blocks billing. C-41."""

    reason: DeliveryFailure
    final: bool
    next_try_at: Timestamp | None
    failed_at: Timestamp
