"""What every fact on the wire has: an account, a seller, a type, a subject, and an entry in the register."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, ValidationError

from saldo_contracts.wire import Code, Id, Wire

_by_type: dict[str, type["Event"]] = {}
_by_name: dict[str, type["Event"]] = {}
# Complete once `saldo_contracts.events` is imported.
EVENTS: Final[Mapping[str, type["Event"]]] = MappingProxyType(_by_type)
EVENTS_BY_NAME: Final[Mapping[str, type["Event"]]] = MappingProxyType(_by_name)

REASON_FAULTS_MAX = 5  # faults named in a reason; the rest is counted


class UnreadableBody(ValueError):
    """The bytes are not this event. `reason` names fields and faults, never values: they may be personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Event(Wire):
    """One fact of one account. The body holds business fields only; who, when and why stand in the envelope.

    A class is declared as `class PaymentSucceeded(Event, type="billing.payment.succeeded.v1", subject="payment_id",
    owner="payments")`. `subject` names the field with the aggregate's id, `key` the one that picks the partition.
    `owner` None means: told by every service under its own source. Without `type` it is a shared shape, not an event.
    Amounts, days and moments are those of the business; a nullable field says in its description what none means.
    """

    type_: ClassVar[str]
    subject_field: ClassVar[str]
    key_field: ClassVar[str]
    owner: ClassVar[str | None]

    account_id: Annotated[Id, Field(description="The account whose fact this is.")]
    seller_id: Annotated[Code, Field(description="The seller of that account, by its code.")]

    @classmethod
    def __pydantic_init_subclass__(  # type: ignore[override]  # a misspelt keyword must fail
        cls,
        *,
        type: str | None = None,
        subject: str | None = None,
        owner: str | None = None,
        key: str = "account_id",
    ) -> None:
        if type is None:
            return
        if subject not in cls.model_fields or key not in cls.model_fields:
            raise TypeError(f"{cls.__name__}: subject {subject!r} and key {key!r} must be fields")
        cls.type_, cls.subject_field, cls.owner, cls.key_field = type, str(subject), owner, key
        if _by_type.setdefault(type, cls) is not cls or _by_name.setdefault(cls.__name__, cls) is not cls:
            raise TypeError(f"{type} or {cls.__name__} is declared twice")

    def __init_subclass__(cls, **_: object) -> None:
        """Keeps the class keywords from `object`; they are read above, once the fields are known."""
        super().__init_subclass__()

    @property
    def subject(self) -> str:
        """The id of the aggregate the fact is about: the envelope's ce_subject."""
        return str(getattr(self, self.subject_field))

    @property
    def partition_key(self) -> str:
        """The account's id, on contacts topics the contact's: the record's key."""
        return str(getattr(self, self.key_field))

    def to_bytes(self) -> bytes:
        """The JSON body, UTF-8, fields in the order they are declared."""
        return self.__pydantic_serializer__.to_json(self)

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Read a body; unknown fields are passed over. Raises UnreadableBody and nothing else."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as refused:
            raise UnreadableBody(fault_reason(cls.__name__, refused)) from None


def fault_reason(name: str, refused: ValidationError) -> str:
    """Which fields are wrong and how, without a single value of them."""
    faults = refused.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['type']}" for fault in faults[:REASON_FAULTS_MAX]]
    more = f" and {len(faults) - REASON_FAULTS_MAX} more" if len(faults) > REASON_FAULTS_MAX else ""
    return f"not a {name}: {', '.join(named)}{more}"
