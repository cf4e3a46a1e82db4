"""The AsyncAPI document holds together: every reference leads somewhere, every topic and event is there."""

from collections.abc import Iterator
from typing import Any

from saldo_contracts.asyncapi import document
from saldo_contracts.catalogue import CATALOGUE, heard_by, told_by
from saldo_contracts.schemas import all_schemas
from saldo_contracts.topics import SERVICES, TOPICS

DOCUMENT = document()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_asyncapi_3() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert set(DOCUMENT) == {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}


def leads_somewhere(reference: str, schema_files: set[str]) -> bool:
    if reference.startswith("./"):
        return reference in schema_files
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node.get(part, {})
    return bool(node)


def test_every_reference_leads_somewhere() -> None:
    schema_files = {f"./schemas/{name}.json" for name in all_schemas()}
    found = set(references(DOCUMENT))
    assert len(found) > len(CATALOGUE)
    assert [reference for reference in sorted(found) if not leads_somewhere(reference, schema_files)] == []
    assert not leads_somewhere("#/channels/billing.none.v1", schema_files)


def test_every_topic_is_a_channel_with_its_settings() -> None:
    assert set(DOCUMENT["channels"]) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        channel = DOCUMENT["channels"][topic.name]
        kafka = channel["bindings"]["kafka"]
        assert (channel["address"], kafka["topic"], kafka["partitions"]) == (topic.name, topic.name, 24)
        assert kafka["topicConfiguration"]["cleanup.policy"] == [topic.cleanup_policy]
        assert kafka["topicConfiguration"]["retention.ms"] == topic.retention_ms
        assert channel["messages"]


def test_every_event_is_a_message_with_headers_payload_and_an_example() -> None:
    assert set(DOCUMENT["components"]["messages"]) == {*CATALOGUE, "DeadLetter"}
    for name, entry in CATALOGUE.items():
        message = DOCUMENT["components"]["messages"][name]
        assert message["name"] == entry.event.type_
        assert message["payload"] == {"$ref": f"./schemas/{name}.json"}
        assert message["headers"] == {"$ref": "#/components/schemas/Envelope"}
        assert {"headers", "payload"} <= message["examples"][0].keys()
        for topic in entry.topics:
            assert name in DOCUMENT["channels"][topic.name]["messages"]


def test_operations_say_who_tells_and_who_hears() -> None:
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])
    for service in SERVICES:
        for action, events in (("send", told_by(service)), ("receive", heard_by(service))):
            named = {
                message["$ref"].rpartition("/")[2]
                for key, operation in DOCUMENT["operations"].items()
                if key.startswith(f"{service}.{action}.")
                for message in operation["messages"]
            }
            assert named - {"DeadLetter"} == {event.__name__ for event in events}
