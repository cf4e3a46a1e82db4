"""The JSON Schemas of bodies and headers, drawn from the classes: draft 2020-12, one per event."""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from saldo_contracts.catalogue import CATALOGUE
from saldo_contracts.envelope import CONTENT_TYPE, HEADER_BYTES_MAX, HEADERS, SPEC_VERSION
from saldo_contracts.event import Event

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
EVENT_TYPE_PATTERN: Final = r"^billing\.[a-z_]+\.[a-z_]+\.v[0-9]+$"

_HEADER_MEANINGS: Final[dict[str, Schema]] = {
    "ce_specversion": {"const": SPEC_VERSION},
    "content-type": {"const": CONTENT_TYPE},
    "ce_id": {"description": "The same fact has the same id, however often it is sent."},
    "ce_source": {"format": "uri-reference", "description": "Who tells it: saldo/<service>."},
    "ce_type": {"pattern": EVENT_TYPE_PATTERN},
    "ce_subject": {"description": "Id of the aggregate the fact is about."},
    "ce_time": {"format": "date-time", "description": "Business time."},
    "ce_partitionkey": {"description": "The account's id; the contact's on contacts topics."},
    "ce_sequence": {"pattern": "^[0-9]{20}$", "description": "Version of the aggregate."},
    "ce_sellerid": {"description": "The seller of the account."},
    "ce_recordedtime": {"format": "date-time", "description": "Wall clock, when the fact was recorded."},
    "ce_causationid": {"description": "Id of the message or request that led to it."},
    "ce_actor": {"description": "Who did it, where somebody did."},
    "traceparent": {"description": "W3C Trace Context."},
    "tracestate": {"description": "W3C Trace Context."},
}


class _PlainTitles(GenerateJsonSchema):
    """Schemas whose fields do not repeat their own name as a title."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def body_schema(event: type[Event]) -> Schema:
    """The body of an event; unknown fields are allowed, because tomorrow's messages have some."""
    drawn = event.model_json_schema(schema_generator=_PlainTitles)
    entry = CATALOGUE[event.__name__]
    head = {
        "$schema": DIALECT,
        "$id": f"urn:saldo:{event.type_}",
        "title": event.__name__,
        "description": drawn.get("description", ""),
        "x-event": {
            "type": event.type_,
            "subject": event.subject_field,
            "key": event.key_field,
            "topics": [topic.name for topic in entry.topics],
        },
    }
    return head | {name: value for name, value in drawn.items() if name not in head}


def headers_schema() -> Schema:
    """The envelope as Kafka headers: UTF-8 strings; foreign headers are passed over."""
    return {
        "$schema": DIALECT,
        "$id": "urn:saldo:envelope.v1",
        "title": "Envelope",
        "description": "CloudEvents 1.0 in the Kafka binary binding.",
        "type": "object",
        "properties": {
            name: {"type": "string", "maxLength": HEADER_BYTES_MAX} | meaning
            for name, meaning in _HEADER_MEANINGS.items()
        },
        "required": [name for name, required in HEADERS.items() if required],
    }


def all_schemas() -> dict[str, Schema]:
    """Every schema by the name of its class, the envelope's among them, in order of names."""
    bodies = {name: body_schema(entry.event) for name, entry in CATALOGUE.items()}
    return dict(sorted((bodies | {"Envelope": headers_schema()}).items()))
