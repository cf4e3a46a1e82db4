"""What comes in on the usage topic: one measured use, told by whoever measured it. It is no event of ours."""

from typing import Annotated, Self

from pydantic import Field, ValidationError

from saldo_contracts.event import UnreadableBody, fault_reason
from saldo_contracts.wire import Code, DecimalString, Id, Timestamp, Wire

DIMENSIONS_MAX = 20  # per record


class UsageReported(Wire):
    """One use: rated once per (producer_id, record_id), however often it is sent (C-41).

    dimensions say what a price depends on: direction, destination, prefix, country, extension, characters.
    """

    record_id: Annotated[str, Field(pattern="^[0-9A-Za-z._:-]{1,100}$", description="The producer's own id of it.")]
    producer_id: Code
    account_id: Id
    seller_id: Id
    subscription_id: Annotated[Id | None, Field(description="None: the account's one that has the meter.")] = None
    meter: Code
    quantity: Annotated[DecimalString, Field(description="In the meter's unit: seconds, messages, gigabytes.")]
    occurred_at: Timestamp
    dimensions: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")], Annotated[str, Field(max_length=100)]],
        Field(max_length=DIMENSIONS_MAX),
    ]

    def to_bytes(self) -> bytes:
        """The JSON body; the record's key is the account's id."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Read a record; unknown fields are passed over. Raises UnreadableBody and nothing else."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as refused:
            raise UnreadableBody(fault_reason(cls.__name__, refused)) from None
