"""What the spans of sampled work say beyond their name: the ids it is about, and how long its row had waited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime

from saldo_telemetry.attributes import WAITED_SECONDS, business_ids
from saldo_work import Answer

from saldo_messaging.clocks import machine_now


def ids_of(command: object) -> dict[str, str]:
    """The business ids among a command's fields, as attributes."""
    if not is_dataclass(command):
        return {}
    return business_ids({field.name: getattr(command, field.name, None) for field in fields(command)})


def ids_answered(answer: Answer) -> dict[str, str]:
    """The business ids that an answer names: a payment that was just made has its id only here."""
    return business_ids(answer) if isinstance(answer, Mapping) else {}


def waited_since(stored_at: datetime | None) -> dict[str, float]:
    """Machine time from the row that asked for the work until now, as an attribute."""
    if stored_at is None:
        return {}
    return {WAITED_SECONDS: round(max(0.0, (machine_now() - stored_at).total_seconds()), 6)}
