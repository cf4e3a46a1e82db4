"""The attribute names of our spans, metrics and logs: semantic conventions where there are any, `saldo.*` elsewhere.

An account id or a seller id is not personal data; names, addresses and card numbers never become attributes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

ACCOUNT_ID: Final = "saldo.account_id"
ACTOR: Final = "saldo.actor"
AGGREGATE_ID: Final = "saldo.aggregate_id"
CAUSE_ID: Final = "saldo.cause_id"
COMMAND: Final = "saldo.command"
DOOR: Final = "saldo.door"
EVENT_ID: Final = "saldo.event_id"
EVENT_TYPE: Final = "saldo.event_type"
LOOP: Final = "saldo.loop"
OUTCOME: Final = "saldo.outcome"
PAYMENT_ID: Final = "saldo.payment_id"
PERMISSION: Final = "saldo.permission"
PROCESS: Final = "saldo.process"
REASON: Final = "saldo.reason"
SELLER_ID: Final = "saldo.seller_id"
WAITED_SECONDS: Final = "saldo.waited_seconds"  # from the row that asked for the work to its beginning

MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
MESSAGING_PARTITION_ID: Final = "messaging.destination.partition.id"
MESSAGING_CONSUMER_GROUP_NAME: Final = "messaging.consumer.group.name"
MESSAGING_BATCH_MESSAGE_COUNT: Final = "messaging.batch.message_count"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
MESSAGING_KAFKA_OFFSET: Final = "messaging.kafka.offset"
MESSAGING_KAFKA_MESSAGE_KEY: Final = "messaging.kafka.message.key"

HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
HTTP_ROUTE: Final = "http.route"
URL_SCHEME: Final = "url.scheme"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"

DB_SYSTEM_NAME: Final = "db.system.name"
DB_OPERATION_BATCH_SIZE: Final = "db.operation.batch.size"
ERROR_TYPE: Final = "error.type"

_BUSINESS_IDS: Final = frozenset(
    {
        *("account_id", "payment_id", "attempt_id", "payment_method_id", "refund_id", "invoice_id", "charges_id"),
        *("subscription_id", "order_id", "notice_id", "contact_id"),
    }
)
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def business_ids(facts: Mapping[str, object]) -> dict[str, str]:
    """The attributes that make a span findable: ids of the business among these facts (`saldo.payment_id`, ...).

    Only lower-case UUIDs count, whatever the name says: a caller may write anything into the place of an id.
    """
    return {
        f"saldo.{name}": value
        for name, value in facts.items()
        if name in _BUSINESS_IDS and isinstance(value, str) and _ID.fullmatch(value)
    }
