"""What comes in on the usage topic: one measured use, told by whoever measured it."""

from typing import Annotated, Final

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import Code, DecimalString, Id, Timestamp

PRODUCERS: Final = "producers"  # who tells usage: systems outside the suite
DIMENSIONS_MAX = 20  # per record

RecordId = Annotated[str, Field(pattern="^[0-9A-Za-z._:-]{1,100}$", description="The producer's own id of the record.")]
DimensionName = Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")]
DimensionValue = Annotated[str, Field(max_length=100)]


class UsageReported(Event, type="billing.usage.reported.v1", subject="record_id", owner=PRODUCERS):
    """One use was measured: counted once per producer and record, however often it is sent. IBM-08, GOTO-144, C-41.

    It travels in the common envelope, source `saldo/usage/<producer_id>`, sequence 0; the facts made of it are
    UsageRecorded and the lines of ChargesFinalized. dimensions say what a price depends on: direction, destination,
    prefix, country, extension, characters; never who it was.
    """

    record_id: RecordId
    producer_id: Code
    subscription_id: Annotated[Id | None, Field(description="None: the account's one that has the meter.")] = None
    meter: Code
    quantity: Annotated[DecimalString, Field(description="In the meter's unit: seconds, messages, gigabytes.")]
    occurred_at: Timestamp
    dimensions: Annotated[dict[DimensionName, DimensionValue], Field(max_length=DIMENSIONS_MAX)]
