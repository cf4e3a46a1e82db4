"""The topics as they are decided: names, keys, partitions, how long they keep."""

import pytest
from saldo_contracts.topics import (
    CONTACT_OWNERS,
    SERVICES,
    TOPICS,
    TOPICS_BY_NAME,
    USAGE,
    contacts_topic,
    dead_letters_topic,
    public_topic,
    topics_of,
)

NINETY_DAYS_MS = 7_776_000_000


def test_the_names_are_those_of_the_architecture() -> None:
    services = ("payments", "invoicing", "subscriptions", "notifications", "portal")
    owners = ("payments", "invoicing", "subscriptions", "portal")
    names = {f"billing.{service}.v1" for service in services} | {"billing.usage.v1"}
    names |= {f"billing.{owner}.contacts.v1" for owner in owners}
    names |= {f"billing.{service}.dead-letters.v1" for service in services}
    assert {topic.name for topic in TOPICS} == names == set(TOPICS_BY_NAME)
    assert len(TOPICS) == len(names)


def test_every_topic_has_24_partitions_and_two_replicas_in_sync() -> None:
    assert {(topic.partitions, topic.min_insync_replicas) for topic in TOPICS} == {(24, 2)}


@pytest.mark.parametrize("service", SERVICES)
def test_public_topics_keep_everything_by_account(service: str) -> None:
    topic = public_topic(service)
    assert (topic.key, topic.retention_ms, topic.cleanup_policy) == ("account_id", -1, "delete")
    assert topic.max_message_bytes == 1_000_000


@pytest.mark.parametrize("owner", CONTACT_OWNERS)
def test_contacts_topics_are_compacted_by_contact(owner: str) -> None:
    topic = contacts_topic(owner)
    assert (topic.key, topic.retention_ms, topic.cleanup_policy) == ("contact_id", -1, "compact")


@pytest.mark.parametrize("service", SERVICES)
def test_dead_letters_are_kept_90_days_and_are_the_consumers(service: str) -> None:
    topic = dead_letters_topic(service)
    assert (topic.retention_ms, topic.owner, topic.cleanup_policy) == (NINETY_DAYS_MS, service, "delete")
    assert topic.max_message_bytes > public_topic(service).max_message_bytes


def test_every_topic_has_one_owner() -> None:
    assert sorted(topic.name for service in SERVICES for topic in topics_of(service)) == sorted(TOPICS_BY_NAME)
    assert USAGE in topics_of("subscriptions")


@pytest.mark.parametrize("look_up", [public_topic, contacts_topic, dead_letters_topic, topics_of])
def test_an_unknown_service_has_no_topic(look_up) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(KeyError):
        look_up("platform")


def test_notifications_knows_no_people_of_its_own() -> None:
    with pytest.raises(KeyError):
        contacts_topic("notifications")
