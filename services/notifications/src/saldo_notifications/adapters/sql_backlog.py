"""How many notices wait to be sent, wait for a person, or failed, told as gauges; each is found by an index."""

from __future__ import annotations

from typing import Final

from saldo_messaging import Database, Readings
from saldo_telemetry import gauge

BACKLOG_SQL: Final = """
select (select count(*) from notices where state = 'queued') as queued,
       (select coalesce(extract(epoch from clock_timestamp() - min(next_try_at))::float8, 0)
        from notices where state = 'queued' and next_try_at <= clock_timestamp()) as overdue,
       (select count(*) from notices where state = 'waiting_for_contact') as waiting,
       (select count(*) from notices where state = 'failed') as failed
"""

QUEUED: Final = gauge("billing.notices.queued", "{notice}", "Notices to be sent now or at their next try")
OVERDUE: Final = gauge("billing.notices.overdue", "s", "Since when the first queued notice could be sent")
WAITING: Final = gauge("billing.notices.waiting_for_contact", "{notice}", "Notices whose recipient is not known yet")
FAILED: Final = gauge("billing.notices.failed", "{notice}", "Notices given up; an operator may retry them")


class SqlBacklog:
    """`read` is a `ReadBacklog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Readings:
        """Counts, and seconds of machine time."""
        row = await self._database.pool.fetchrow(BACKLOG_SQL)
        queued, overdue, waiting, failed = row or (0, 0, 0, 0)
        return {QUEUED: queued, OVERDUE: overdue, WAITING: waiting, FAILED: failed}
