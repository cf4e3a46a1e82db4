"""What the processor does wrong on request, counted or for a span of its own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from saldo_local.processor.wire import Form


class Kind(StrEnum):
    """The first group hits requests, the second (webhook_...) deliveries of events."""

    SLOW = "slow"
    NO_ANSWER_AFTER_CHARGING = "no_answer_after_charging"
    NO_ANSWER_BEFORE_CHARGING = "no_answer_before_charging"
    ERROR_500 = "error_500"
    ERROR_500_AFTER_CHARGING = "error_500_after_charging"
    ERROR_429 = "error_429"
    SILENT = "silent"
    SILENT_AFTER_CHARGING = "silent_after_charging"
    SEARCH_FINDS_NOTHING = "search_finds_nothing"
    WEBHOOK_DUPLICATE = "webhook_duplicate"
    WEBHOOK_OUT_OF_ORDER = "webhook_out_of_order"
    WEBHOOK_DELAYED = "webhook_delayed"
    WEBHOOK_WRONG_SIGNATURE = "webhook_wrong_signature"


SILENCES = (Kind.SILENT, Kind.SILENT_AFTER_CHARGING)
NO_LIMIT = -1
MS_MAX = 600_000


class WrongFault(ValueError):
    """The text names what is wrong with the description of a fault."""


@dataclass(slots=True)
class Fault:
    """`next`: how many more matching requests or deliveries it hits, -1 for all. `seconds`: of the simulator's clock,
    how long a silence lasts (0: until faults are replaced) or a webhook is held back. What matches: `method`, the
    beginning of `path`, every pair of `metadata`, `payment_method`, `customer`; for webhooks the beginning of
    `event_type`. Empty matches all."""

    kind: Kind
    next: int = 1
    ms: int = 0
    seconds: int = 0
    method: str = "POST"
    path: str = "/v1/payment_intents"
    payment_method: str = ""
    customer: str = ""
    event_type: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    until: datetime | None = None

    @staticmethod
    def from_json(wanted: object, now: datetime) -> Fault:
        if not isinstance(wanted, Mapping) or wanted.get("kind") not in [*Kind]:
            raise WrongFault(f"a fault is an object with a kind, one of {', '.join(Kind)}")
        kind = Kind(wanted["kind"])
        fault = Fault(kind, next=NO_LIMIT if kind in SILENCES else 1)
        if kind is Kind.SEARCH_FINDS_NOTHING:
            fault.method, fault.path = "GET", "/v1/payment_intents/search"
        for name, value in wanted.items():
            _set(fault, str(name), value)
        if kind in SILENCES and fault.seconds:
            fault.until = now + timedelta(seconds=fault.seconds)
        return fault

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "until": None if self.until is None else self.until.isoformat()}

    def is_over(self, now: datetime) -> bool:
        return self.next == 0 or (self.until is not None and now >= self.until)

    def hits_request(self, method: str, path: str, form: Form) -> bool:
        if self.kind.startswith("webhook_") or self.method not in ("", method) or not path.startswith(self.path):
            return False
        metadata = form.nested("metadata").tree
        named = all(metadata.get(key) == value for key, value in self.metadata.items())
        mine = (self.payment_method, self.customer)
        theirs = (form.tree.get("payment_method"), form.tree.get("customer"))
        return named and all(not wanted or wanted == got for wanted, got in zip(mine, theirs, strict=True))

    def hits_delivery(self, event_type: str) -> bool:
        return self.kind.startswith("webhook_") and event_type.startswith(self.event_type)


class Faults:
    """Those in force. A request meets the first that hits it; a delivery meets every kind once."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def replace(self, faults: Iterable[Fault]) -> None:
        self._faults = list(faults)

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def in_force(self, now: datetime) -> list[Fault]:
        self._faults = [fault for fault in self._faults if not fault.is_over(now)]
        return list(self._faults)

    def for_request(self, now: datetime, method: str, *, path: str, form: Form) -> Fault | None:
        for fault in self.in_force(now):
            if fault.hits_request(method, path, form):
                _count(fault)
                return fault
        return None

    def for_delivery(self, now: datetime, event_type: str, kind: Kind) -> Fault | None:
        for fault in self.in_force(now):
            if fault.kind is kind and fault.hits_delivery(event_type):
                _count(fault)
                return fault
        return None


def _count(fault: Fault) -> None:
    if fault.next > 0:
        fault.next -= 1


def _set(fault: Fault, name: str, value: object) -> None:
    if name == "kind":
        return
    if name == "until" or not hasattr(fault, name) or callable(getattr(fault, name)):
        raise WrongFault(f"a fault has no field {name!r}")
    if type(value) is not type(getattr(fault, name)):
        raise WrongFault(f"{name} must be a {type(getattr(fault, name)).__name__}")
    setattr(fault, name, value)
    if not 0 <= fault.ms <= MS_MAX or fault.seconds < 0 or fault.next < NO_LIMIT:
        raise WrongFault(f"{name} is out of range")
