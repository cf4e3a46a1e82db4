"""The delivery log as it is read: no name and no address stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from saldo_messaging import Database
from sqlalchemy import Row, literal, select, tuple_

from saldo_notifications.adapters.mime_mail import message_id_of
from saldo_notifications.adapters.tables import accounts, notices
from saldo_notifications.adapters.yaml_sellers import YamlSellers
from saldo_notifications.application.ports import NoticeView

SHOWN = (
    notices.c.notice_id,
    notices.c.account_id,
    notices.c.seller_id,
    notices.c.event_id,
    notices.c.event_type,
    notices.c.contact_id,
    notices.c.template,
    notices.c.language,
    notices.c.state,
    notices.c.attempts,
    notices.c.doubtful_attempts,
    notices.c.failure,
    notices.c.answer_code,
    notices.c.answer_text,
    notices.c.composed_at,
    notices.c.sent_at,
    notices.c.next_try_at,
)


PLACE = (notices.c.composed_at, notices.c.notice_id)


class SqlNoticeLog:
    """See `NoticeLog`."""

    def __init__(self, database: Database, sellers: YamlSellers) -> None:
        self._database = database
        self._sellers = sellers

    async def seller_of(self, account_id: str) -> str | None:
        async with self._database.engine.connect() as connection:
            found: str | None = await connection.scalar(
                select(accounts.c.seller_id).where(accounts.c.account_id == account_id)
            )
            return found

    async def of_account(
        self, account_id: str, *, state: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[NoticeView]:
        query = select(*SHOWN).where(notices.c.account_id == account_id)
        if state is not None:
            query = query.where(notices.c.state == state)
        if after is not None:
            place = (literal(part, column.type) for part, column in zip(after, PLACE, strict=True))
            query = query.where(tuple_(*PLACE) < tuple_(*place))
        query = query.order_by(*(column.desc() for column in PLACE)).limit(limit)
        async with self._database.engine.connect() as connection:
            return [self._view(row) for row in await connection.execute(query)]

    async def one(self, account_id: str, notice_id: str) -> NoticeView | None:
        query = select(*SHOWN).where(notices.c.notice_id == notice_id, notices.c.account_id == account_id)
        async with self._database.engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else self._view(row)

    def _view(self, row: Row[*tuple[object, ...]]) -> NoticeView:
        shown = dict(row._mapping)
        return NoticeView(**shown, channel="email", message_id=self._message_id(shown))

    def _message_id(self, shown: dict[str, object]) -> str | None:
        try:
            domain = self._sellers.seller(str(shown["seller_id"])).sender.domain
        except KeyError:
            return None
        return message_id_of(str(shown["notice_id"]), domain)
