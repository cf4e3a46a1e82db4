"""What happens to a notice that others want to know of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from saldo_notifications.domain.answers import Failure


@dataclass(frozen=True, slots=True)
class NoticeSent:
    """The recipient's mail system accepted it; business time."""

    sent_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeFailed:
    """A try failed; `next_try_at` (machine time) is None when it was the last one."""

    reason: Failure
    failed_at: datetime
    next_try_at: datetime | None


NoticeEvent: TypeAlias = NoticeSent | NoticeFailed
