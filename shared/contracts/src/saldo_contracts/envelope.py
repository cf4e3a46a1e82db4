"""The envelope of every message: CloudEvents 1.0 in Kafka's binary binding, written to headers and read from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii as _quoted
from typing import Final, NoReturn
from uuid import UUID

from saldo_contracts.derived_ids import derived_id

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
SEQUENCE_DIGITS: Final = 20  # so that sequences sort as text; a bigint has 19
HEADER_BYTES_MAX: Final = 8_192  # of one value; nothing of ours comes near, and a hostile one is not stored
EVENT_ID_NAMESPACE: Final = UUID("5a1d0b11-0000-5000-8000-000000000001")  # ours, fixed for ever

_SEQUENCE_MAX: Final = 2**63 - 1
_EVENT_ID_NAMESPACE_BYTES: Final = EVENT_ID_NAMESPACE.bytes


class UnreadableEnvelope(ValueError):
    """The headers are not an envelope of ours; `reason` says which one and why, never with its value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who told what, when, and what led to it.

    time is business time, recorded_time the wall clock of the outbox row; both are aware and in UTC. sequence is
    the version of the aggregate `subject`. partition_key is the account's id, on contacts topics the contact's.
    causation_id is the id of the message or request that led to this; actor the caller, both may be unknown.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    partition_key: str
    sequence: int
    seller_id: str
    recorded_time: datetime
    causation_id: str | None = None
    actor: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None

    @property
    def account_id(self) -> str:
        """The partition key under its business name; true on every topic but the contacts topics."""
        return self.partition_key


# Header, whether a message without it is unreadable.
HEADERS: Final[dict[str, bool]] = {
    "ce_specversion": True,
    "content-type": True,
    "ce_id": True,
    "ce_source": True,
    "ce_type": True,
    "ce_subject": True,
    "ce_time": True,
    "ce_partitionkey": True,
    "ce_sequence": True,
    "ce_sellerid": True,
    "ce_recordedtime": True,
    "ce_causationid": False,
    "ce_actor": False,
    "traceparent": False,
    "tracestate": False,
}
_REQUIRED: Final = tuple(name for name, required in HEADERS.items() if required)


def header_texts(envelope: Envelope) -> dict[str, str]:
    """The headers of a message as text, in a fixed order; what is unknown (None) is left out."""
    texts = {
        "ce_specversion": SPEC_VERSION,
        "content-type": CONTENT_TYPE,
        "ce_id": envelope.id,
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_subject": envelope.subject,
        "ce_time": _instant(envelope.time),
        "ce_partitionkey": envelope.partition_key,
        "ce_sequence": f"{envelope.sequence:0{SEQUENCE_DIGITS}d}",
        "ce_sellerid": envelope.seller_id,
        "ce_recordedtime": _instant(envelope.recorded_time),
    }
    if envelope.causation_id is not None:
        texts["ce_causationid"] = envelope.causation_id
    if envelope.actor is not None:
        texts["ce_actor"] = envelope.actor
    if envelope.traceparent is not None:
        texts["traceparent"] = envelope.traceparent
    if envelope.tracestate is not None:
        texts["tracestate"] = envelope.tracestate
    return texts


def headers_as_json(envelope: Envelope) -> str:
    """The same as a JSON object, in the same order: written in one go, since every event is stored with it."""
    text = (
        f'{{"ce_specversion": "{SPEC_VERSION}", "content-type": "{CONTENT_TYPE}", "ce_id": {_quoted(envelope.id)}, '
        f'"ce_source": {_quoted(envelope.source)}, "ce_type": {_quoted(envelope.type)}, '
        f'"ce_subject": {_quoted(envelope.subject)}, "ce_time": "{_instant(envelope.time)}", '
        f'"ce_partitionkey": {_quoted(envelope.partition_key)}, '
        f'"ce_sequence": "{envelope.sequence:0{SEQUENCE_DIGITS}d}", "ce_sellerid": {_quoted(envelope.seller_id)}, '
        f'"ce_recordedtime": "{_instant(envelope.recorded_time)}"'
    )
    if envelope.causation_id is not None:
        text += f', "ce_causationid": {_quoted(envelope.causation_id)}'
    if envelope.actor is not None:
        text += f', "ce_actor": {_quoted(envelope.actor)}'
    if envelope.traceparent is not None:
        text += f', "traceparent": {_quoted(envelope.traceparent)}'
    if envelope.tracestate is not None:
        text += f', "tracestate": {_quoted(envelope.tracestate)}'
    return text + "}"


def encode_headers(envelope: Envelope) -> list[tuple[str, bytes]]:
    """The headers of a message as they are sent."""
    return [(name, value.encode()) for name, value in header_texts(envelope).items()]


def decode_headers(headers: Iterable[tuple[str, bytes | None]]) -> Envelope:
    """Read a message's headers; foreign ones are passed over. Raises UnreadableEnvelope and nothing else."""
    texts = _texts(headers)
    for name in _REQUIRED:
        if not texts.get(name):
            raise UnreadableEnvelope(f"{name} is missing")
    if texts["ce_specversion"] != SPEC_VERSION:
        raise UnreadableEnvelope("ce_specversion is not 1.0")
    content_type = texts["content-type"]
    if content_type != CONTENT_TYPE and content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise UnreadableEnvelope("content-type is not application/json")
    return Envelope(
        id=texts["ce_id"],
        source=texts["ce_source"],
        type=texts["ce_type"],
        subject=texts["ce_subject"],
        time=_moment("ce_time", texts["ce_time"]),
        partition_key=texts["ce_partitionkey"],
        sequence=_sequence(texts["ce_sequence"]),
        seller_id=texts["ce_sellerid"],
        recorded_time=_moment("ce_recordedtime", texts["ce_recordedtime"]),
        causation_id=texts.get("ce_causationid"),
        actor=texts.get("ce_actor"),
        traceparent=texts.get("traceparent"),
        tracestate=texts.get("tracestate"),
    )


def source_of(service: str) -> str:
    """The ce_source of a service, a URI reference."""
    return f"saldo/{service}"


def event_id(source: str, aggregate_id: str, *, aggregate_version: int, type: str, n: int = 0) -> str:
    """The id of a fact, derived from it: telling the same fact again gives the same id.

    n counts events of one type in one version of one aggregate, from zero.
    """
    return derived_id(_EVENT_ID_NAMESPACE_BYTES, f"{source}|{aggregate_id}|{aggregate_version}|{type}|{n}")


def _texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """One pass, since every message of the house goes through here; what is wrong is named by `_refuse`."""
    texts: dict[str, str] = {}
    try:
        for name, value in headers:
            if name not in HEADERS:
                continue
            if name in texts or value is None or len(value) > HEADER_BYTES_MAX:
                _refuse(name, value, twice=name in texts)
            text = bytes(value).decode("utf-8")
            if "\x00" in text:
                # PostgreSQL text cannot hold it, so it would fail later, inside a transaction.
                raise UnreadableEnvelope(f"{name} holds a zero character")
            texts[name] = text
    except UnreadableEnvelope:
        raise
    except UnicodeDecodeError:
        raise UnreadableEnvelope(f"{name} is not UTF-8") from None
    except (TypeError, ValueError, AttributeError):
        raise UnreadableEnvelope("headers are not pairs of a name and bytes") from None
    return texts


def _refuse(name: str, value: bytes | None, *, twice: bool) -> NoReturn:
    if twice:
        raise UnreadableEnvelope(f"{name} stands there twice")
    if value is None:
        raise UnreadableEnvelope(f"{name} has no value")
    raise UnreadableEnvelope(f"{name} is longer than {HEADER_BYTES_MAX} bytes")


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise UnreadableEnvelope(f"{name} has no zone")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        if isinstance(fault, UnreadableEnvelope):
            raise
        raise UnreadableEnvelope(f"{name} is not a time of RFC 3339") from None


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= SEQUENCE_DIGITS):
        raise UnreadableEnvelope("ce_sequence is not a number of at most 20 digits")
    sequence = int(text)
    if sequence > _SEQUENCE_MAX:
        raise UnreadableEnvelope("ce_sequence is larger than a bigint")
    return sequence


def _instant(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time of an envelope needs its zone")
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat().replace("+00:00", "Z")
