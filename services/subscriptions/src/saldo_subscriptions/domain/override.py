"""A logged override: who let service run although invoices are overdue, until when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(slots=True, kw_only=True)
class Override:
    """One decision of an agent (C-24), never changed. `made_by` is an id, never a name."""

    override_id: str
    account_id: str
    until_on: date
    reason: str
    was_suspended: bool
    made_by: str
    made_at: datetime
