"""The tables of the four textbook services, each in a database of its own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = Uuid(as_uuid=False)


class Payments(DeclarativeBase):
    """payments' database."""


class Payment(Payments):
    __tablename__ = "payments"

    payment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, index=True)
    status: Mapped[str] = mapped_column(String)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    applied: Mapped[bool] = mapped_column(default=False)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Attempt(Payments):
    __tablename__ = "attempts"

    attempt_id: Mapped[str] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[str] = mapped_column(Id, ForeignKey("payments.payment_id"), index=True)
    status: Mapped[str]


class OpenInvoice(Payments):
    __tablename__ = "open_invoices"

    invoice_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, index=True)
    open: Mapped[int] = mapped_column(BigInteger)


class Invoicing(DeclarativeBase):
    """invoicing's database."""


class Account(Invoicing):
    __tablename__ = "accounts"

    account_id: Mapped[str] = mapped_column(Id, primary_key=True)
    open: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)


class Invoice(Invoicing):
    __tablename__ = "invoices"

    invoice_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("accounts.account_id"), index=True)
    open: Mapped[int] = mapped_column(BigInteger)


class Receipt(Invoicing):
    __tablename__ = "receipts"

    receipt_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("accounts.account_id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class JournalEntry(Invoicing):
    __tablename__ = "journal_entries"

    entry_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("accounts.account_id"), index=True)
    entered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class JournalLine(Invoicing):
    __tablename__ = "journal_lines"

    line_id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[str] = mapped_column(Id, ForeignKey("journal_entries.entry_id"), index=True)
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)


class Subscriptions(DeclarativeBase):
    """subscriptions' database."""


class Standing(Subscriptions):
    __tablename__ = "standings"

    account_id: Mapped[str] = mapped_column(Id, primary_key=True)
    ledger_version: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)


class Notifications(DeclarativeBase):
    """notifications' database."""


class Recipient(Notifications):
    __tablename__ = "recipients"

    account_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    email: Mapped[str]


class Notice(Notifications):
    __tablename__ = "notices"

    notice_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, index=True)
    payment_id: Mapped[str] = mapped_column(Id, index=True)
    state: Mapped[str]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
