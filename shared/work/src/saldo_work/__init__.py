"""The words a use case is written in: cause, actor, unit of work, needs, clock, timers, kinds of error."""

from saldo_work.causes import Actor, ActorKind, Cause, system_actor
from saldo_work.clocks import Clock
from saldo_work.errors import CauseReused, NotFound, NotYetKnown, Refusal, Refused, Transient
from saldo_work.units import Answer, Answered, Commands, Handler, Json, Needs, RequestKey, Timers, UnitOfWork

__all__ = [
    "Actor",
    "ActorKind",
    "Answer",
    "Answered",
    "Cause",
    "CauseReused",
    "Clock",
    "Commands",
    "Handler",
    "Json",
    "Needs",
    "NotFound",
    "NotYetKnown",
    "Refusal",
    "Refused",
    "RequestKey",
    "Timers",
    "Transient",
    "UnitOfWork",
    "system_actor",
]
