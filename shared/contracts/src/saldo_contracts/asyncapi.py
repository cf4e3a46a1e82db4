"""The whole conversation as one AsyncAPI 3.0 document: topics, messages, who tells and who hears."""

from typing import Any, Final

from saldo_contracts.catalogue import CATALOGUE, heard_by, topic_for
from saldo_contracts.envelope import CONTENT_TYPE, encode_headers
from saldo_contracts.event import Event
from saldo_contracts.examples import example_envelope, example_of
from saldo_contracts.topics import SERVICES, TOPICS, Topic, dead_letters_topic

Document = dict[str, Any]

CONTRACTS_VERSION: Final = "1.0.0"  # of the document: minor for additions, major never (a successor event instead)
KAFKA_BINDING_VERSION: Final = "0.5.0"
REPLICAS: Final = 3
DEAD_LETTER: Final = "DeadLetter"


def document() -> Document:
    """The document; payloads refer to the schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Saldo",
            "version": CONTRACTS_VERSION,
            "description": "The events of a billing suite. Generated from the classes of saldo_contracts.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": _operations(),
        "components": {
            "messages": {name: _message(entry.event) for name, entry in CATALOGUE.items()}
            | {DEAD_LETTER: _dead_letter()},
            "schemas": {"Envelope": {"$ref": "./schemas/Envelope.json"}},
        },
    }


def example_message(event: type[Event]) -> Document:
    """The example of an event as a reader of the topic sees it: key, headers as text, body."""
    envelope = example_envelope(event)
    return {
        "topic": CATALOGUE[event.__name__].topics[0].name,
        "key": envelope.partition_key,
        "headers": {name: value.decode() for name, value in encode_headers(envelope)},
        "payload": example_of(event).model_dump(mode="json"),
    }


def _names_on(topic: Topic) -> list[str]:
    if topic in {dead_letters_topic(service) for service in SERVICES}:
        return [DEAD_LETTER]
    return [name for name, entry in CATALOGUE.items() if topic in entry.topics]


def _channel(topic: Topic) -> Document:
    configuration = {
        "cleanup.policy": [topic.cleanup_policy],
        "retention.ms": topic.retention_ms,
        "max.message.bytes": topic.max_message_bytes,
        "min.insync.replicas": topic.min_insync_replicas,
    }
    return {
        "address": topic.name,
        "description": f"Created and checked by {topic.owner}; the key is {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _names_on(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "replicas": REPLICAS,
                "topicConfiguration": configuration,
                "bindingVersion": KAFKA_BINDING_VERSION,
            }
        },
    }


def _operations() -> Document:
    operations: Document = {}
    for topic in TOPICS:
        tellers = sorted({teller for entry in CATALOGUE.values() for teller in entry.tellers})
        for teller in tellers:
            told = [
                name
                for name, entry in CATALOGUE.items()
                if teller in entry.tellers and topic_for(entry.event, teller) == topic
            ]
            operations |= _operation(teller, "send", topic, told)
        for service in SERVICES:
            heard = {event.__name__ for event in heard_by(service)}
            operations |= _operation(service, "receive", topic, [name for name in _names_on(topic) if name in heard])
    for service in SERVICES:
        operations |= _operation(service, "send", dead_letters_topic(service), [DEAD_LETTER])
    return dict(sorted(operations.items()))


def _operation(service: str, action: str, topic: Topic, names: list[str]) -> Document:
    if not names:
        return {}
    operation = {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"{service} {'tells' if action == 'send' else 'hears'} {topic.name}",
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in names],
    }
    return {f"{service}.{action}.{topic.name}": operation}


def _message(event: type[Event]) -> Document:
    example = example_message(event)
    return {
        "name": event.type_,
        "title": event.__name__,
        "summary": (event.__doc__ or "").partition("\n")[0],
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": {"$ref": f"./schemas/{event.__name__}.json"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING_VERSION}},
        "examples": [{"name": "example", "headers": example["headers"], "payload": example["payload"]}],
    }


def _dead_letter() -> Document:
    return {
        "name": "billing.dead_letter",
        "title": DEAD_LETTER,
        "summary": "A message that could not be handled, as it came, with its own headers; any bytes are possible.",
        "payload": True,
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING_VERSION}},
    }
