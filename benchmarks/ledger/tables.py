"""What is stored: accounts and their journal, the same for all three hands."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, MetaData, Table, Text, Uuid

metadata = MetaData()

accounts = Table(
    "ledger_accounts",
    metadata,
    Column("account_id", Uuid(as_uuid=False), primary_key=True),
    Column("seller_id", Text, nullable=False),
    Column("balance_minor_units", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
)

lines = Table(
    "ledger_lines",
    metadata,
    Column("line_id", Uuid(as_uuid=False), primary_key=True),
    Column("account_id", Uuid(as_uuid=False), ForeignKey("ledger_accounts.account_id"), nullable=False),
    Column("payment_id", Uuid(as_uuid=False), nullable=False),
    Column("side", Text, nullable=False),
    Column("amount_minor_units", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    CheckConstraint("side in ('debit', 'credit')", name="ledger_lines_side"),
    CheckConstraint("amount_minor_units > 0", name="ledger_lines_positive"),
)
Index("ledger_lines_of_account", lines.c.account_id)
