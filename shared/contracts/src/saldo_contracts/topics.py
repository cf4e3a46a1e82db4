"""Every topic of the house as data: what it is called, who owns it, how it is kept. Nothing is created by itself."""

from dataclasses import dataclass
from typing import Final, Literal

SERVICES: Final = ("payments", "invoicing", "subscriptions", "notifications", "portal")
CONTACT_OWNERS: Final = ("payments", "invoicing", "subscriptions", "portal")

PARTITIONS = 24  # for ever: another count would move keys and break the order of an account
KEEP_FOREVER_MS = -1
DEAD_LETTERS_KEPT_MS = 90 * 24 * 60 * 60 * 1000  # 90 days; the truth is the table dead_letters
USAGE_KEPT_MS = 90 * 24 * 60 * 60 * 1000  # 90 days of machine time; records stay readable in subscriptions
MESSAGE_BYTES_MAX = 1_000_000  # checked before the outbox, below what a stock broker accepts
# A dead letter is its message with a reason and headers around it, and must fit where the message did.
DEAD_LETTER_BYTES_MAX = 1_500_000
REPLICAS_IN_SYNC_MIN = 2  # of 3

CleanupPolicy = Literal["delete", "compact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic; `owner` creates and checks it, `key` names the id in the record's key, -1 ms keeps for ever."""

    name: str
    owner: str
    key: str = "account_id"
    partitions: int = PARTITIONS
    retention_ms: int = KEEP_FOREVER_MS
    cleanup_policy: CleanupPolicy = "delete"
    min_insync_replicas: int = REPLICAS_IN_SYNC_MIN
    max_message_bytes: int = MESSAGE_BYTES_MAX


def _dead_letters(consumer: str) -> Topic:
    return Topic(
        name=f"billing.{consumer}.dead-letters.v1",
        owner=consumer,
        retention_ms=DEAD_LETTERS_KEPT_MS,
        max_message_bytes=DEAD_LETTER_BYTES_MAX,
    )


def _contacts(owner: str) -> Topic:
    return Topic(name=f"billing.{owner}.contacts.v1", owner=owner, key="contact_id", cleanup_policy="compact")


USAGE: Final = Topic(name="billing.usage.v1", owner="subscriptions", retention_ms=USAGE_KEPT_MS)
_PUBLIC: Final = {owner: Topic(name=f"billing.{owner}.v1", owner=owner) for owner in SERVICES}
_CONTACTS: Final = {owner: _contacts(owner) for owner in CONTACT_OWNERS}
_DEAD_LETTERS: Final = {consumer: _dead_letters(consumer) for consumer in SERVICES}

TOPICS: Final[tuple[Topic, ...]] = (*_PUBLIC.values(), USAGE, *_CONTACTS.values(), *_DEAD_LETTERS.values())
TOPICS_BY_NAME: Final = {topic.name: topic for topic in TOPICS}


def public_topic(owner: str) -> Topic:
    """Where a service tells its facts. Raises KeyError for a name that is no service."""
    return _PUBLIC[owner]


def contacts_topic(owner: str) -> Topic:
    """Where a service tells who its people are. Raises KeyError for a service that knows none."""
    return _CONTACTS[owner]


def dead_letters_topic(consumer: str) -> Topic:
    """Where a service copies what it could not handle. Raises KeyError for a name that is no service."""
    return _DEAD_LETTERS[consumer]


def topics_of(owner: str) -> tuple[Topic, ...]:
    """All topics that this service creates and checks. Raises KeyError for a name that is no service."""
    _PUBLIC[owner]
    return tuple(topic for topic in TOPICS if topic.owner == owner)
