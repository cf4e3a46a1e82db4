"""What one transaction of this service loads, locks and writes."""

from __future__ import annotations

from saldo_messaging import Group, SqlUnitOfWork, Stored

from saldo_notifications.adapters import tables
from saldo_notifications.domain.account import Account
from saldo_notifications.domain.contact import Contact
from saldo_notifications.domain.notice import OPEN_STATES, Notice


class SqlBooks(SqlUnitOfWork):
    """Declaration order is lock order: accounts, contacts, notices."""

    accounts = Stored(Account, tables.accounts, key="account_id")
    contacts = Stored(Contact, tables.contacts, key="contact_id")
    notices = Stored(
        Notice,
        tables.notices,
        key="notice_id",
        groups={
            "of_event": Group("event_id"),
            "open_of_contact": Group(
                "contact_id",
                where=tables.notices.c.state.in_([state.value for state in OPEN_STATES]),
                holds=lambda notice: notice.state in OPEN_STATES,
            ),
        },
    )
