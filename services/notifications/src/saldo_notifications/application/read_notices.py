"""The delivery log of an account, with the proof of every notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from saldo_work import Actor, NotFound

from saldo_notifications.application.ports import NoticeLog, NoticeView


class ReadNotices:
    """Queries; what the caller may not know of is not there."""

    def __init__(self, log: NoticeLog) -> None:
        self._log = log

    async def page(
        self, actor: Actor, account_id: str, *, state: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[NoticeView]:
        """Newest first."""
        await self._check_reach(actor, account_id)
        return await self._log.of_account(account_id, state=state, after=after, limit=limit)

    async def one(self, actor: Actor, account_id: str, notice_id: str) -> NoticeView:
        await self._check_reach(actor, account_id)
        view = await self._log.one(account_id, notice_id)
        if view is None:
            raise NotFound("there is no such notice", notice_id=notice_id)
        return view

    async def _check_reach(self, actor: Actor, account_id: str) -> None:
        seller_id = await self._log.seller_of(account_id)
        if seller_id is None or not actor.reaches(seller_id=seller_id, account_id=account_id):
            raise NotFound("there is no such account", account_id=account_id)
