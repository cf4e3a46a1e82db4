"""Which notices could be taken up now: due, left behind by a dead worker, or no longer in need of waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from saldo_messaging import Database

_COLUMNS = "notice_id::text, contact_id::text, event_id::text, account_id::text, traceparent, tracestate, recorded_at"

# Two ordered index scans without locks: where two workers find the same notice, the second one's claim is declined.
DUE_SQL = f"""
(select {_COLUMNS} from notices where state = 'queued' and next_try_at <= clock_timestamp()
 order by next_try_at limit $1)
union all
(select {_COLUMNS} from notices where state = 'claimed' and lease_until <= clock_timestamp()
 order by lease_until limit $1)
limit $1
"""  # noqa: S608  constants
WAITING_SQL = f"""
select {_COLUMNS} from notices where state = 'waiting_for_contact'
and (wait_until <= clock_timestamp()
     or exists (select from contacts c where c.contact_id = notices.contact_id)
     or contact_id is null and exists (
         select from accounts a where a.account_id = notices.account_id
         and (a.billing_contact_id is not null or a.recipients <> '[]')))
order by wait_until limit $1
"""  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class Candidate:
    """A notice that may be taken up, with the trace that it continues; machine time."""

    notice_id: str
    contact_id: str | None
    event_id: str
    account_id: str
    traceparent: str | None
    tracestate: str | None
    recorded_at: datetime


class SqlCandidates:
    """Only looks; the claim locks and decides."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, limit: int) -> Sequence[Candidate]:
        """Queued notices whose time has come, oldest first, then those whose lease ran out."""
        return await self._read(DUE_SQL, limit)

    async def released(self, limit: int) -> Sequence[Candidate]:
        """Waiting notices whose contact or first recipient was told, or whose time limit passed."""
        return await self._read(WAITING_SQL, limit)

    async def _read(self, sql: str, limit: int) -> Sequence[Candidate]:
        return [Candidate(*row.values()) for row in await self._database.pool.fetch(sql, limit)]
