"""What a loop needs to know of a notice that it may take up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from saldo_messaging import Step


class Candidate(Protocol):
    """A notice found by a query; `recorded_at` is machine time."""

    @property
    def notice_id(self) -> str: ...
    @property
    def contact_id(self) -> str | None: ...
    @property
    def event_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def traceparent(self) -> str | None: ...
    @property
    def tracestate(self) -> str | None: ...
    @property
    def recorded_at(self) -> datetime: ...


FindCandidates: TypeAlias = Callable[[int], Awaitable[Sequence[Candidate]]]


def step(found: Candidate, command: object) -> Step:
    """The event is what led to it, and its trace goes on."""
    return Step(
        command=command,
        cause_id=found.event_id,
        traceparent=found.traceparent,
        tracestate=found.tracestate,
        stored_at=found.recorded_at,
    )
