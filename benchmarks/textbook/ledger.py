"""The ledger's work, textbook: `python -m benchmarks.textbook.ledger DSN BOOTSTRAP`."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime
from uuid import uuid4

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from saldo_contracts.topics import public_topic
from saldo_messaging.database import sqlalchemy_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped

from benchmarks.ground import READY_LINE
from benchmarks.ledger import tables

IN_FLIGHT = 8
CONSUMER_GROUP = "textbook"
HEARD, TOLD = public_topic("payments").name, public_topic("invoicing").name


class Base(DeclarativeBase):
    metadata = tables.metadata


class Account(Base):
    __table__ = tables.accounts
    balance_minor_units: Mapped[int]
    currency: Mapped[str]
    version: Mapped[int]


class Line(Base):
    __table__ = tables.lines


class Amount(BaseModel):
    minor_units: int
    currency: str


class PaymentSucceeded(BaseModel):
    account_id: str
    seller_id: str
    payment_id: str
    amount: Amount


class PaymentApplied(BaseModel):
    account_id: str
    seller_id: str
    payment_id: str
    amount: Amount
    applied_at: datetime


class BalanceChanged(BaseModel):
    account_id: str
    seller_id: str
    ledger_version: int
    balance: Amount
    changed_by: Amount


def application(dsn: str, bootstrap: str) -> FastStream:
    """One subscriber, one session a message."""
    engine = create_async_engine(sqlalchemy_url(dsn), pool_size=IN_FLIGHT, max_overflow=0)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    broker = KafkaBroker(bootstrap, acks="all", enable_idempotence=False, logger=None)

    @broker.subscriber(
        HEARD,
        group_id=CONSUMER_GROUP,
        auto_offset_reset="earliest",
        max_workers=IN_FLIGHT,
        ack_policy=AckPolicy.ACK_FIRST,
        session_timeout_ms=3_000,
        heartbeat_interval_ms=1_000,
    )
    async def on_payment_succeeded(event: PaymentSucceeded) -> None:
        async with sessions() as session, session.begin():
            account = await enter(session, event)
        key = event.account_id.encode()
        await asyncio.gather(
            broker.publish(_applied(event), TOLD, key=key), broker.publish(_changed(account, event), TOLD, key=key)
        )

    app = FastStream(broker, logger=None)

    @app.after_startup
    async def ready() -> None:
        print(READY_LINE, flush=True)

    @app.after_shutdown
    async def close() -> None:
        await engine.dispose()

    return app


async def enter(session: AsyncSession, event: PaymentSucceeded) -> Account:
    """Lock the account, move its balance, add two lines."""
    account = await session.get_one(Account, event.account_id, with_for_update=True)
    account.balance_minor_units -= event.amount.minor_units
    account.version += 1
    for side in ("debit", "credit"):
        line = Line(
            line_id=str(uuid4()),
            account_id=event.account_id,
            payment_id=event.payment_id,
            side=side,
            amount_minor_units=event.amount.minor_units,
            currency=event.amount.currency,
        )
        session.add(line)
    return account


def _applied(event: PaymentSucceeded) -> PaymentApplied:
    return PaymentApplied(
        account_id=event.account_id,
        seller_id=event.seller_id,
        payment_id=event.payment_id,
        amount=event.amount,
        applied_at=datetime.now(UTC),
    )


def _changed(account: Account, event: PaymentSucceeded) -> BalanceChanged:
    return BalanceChanged(
        account_id=event.account_id,
        seller_id=event.seller_id,
        ledger_version=account.version,
        balance=Amount(minor_units=account.balance_minor_units, currency=account.currency),
        changed_by=Amount(minor_units=-event.amount.minor_units, currency=event.amount.currency),
    )


async def main(dsn: str, bootstrap: str) -> None:
    """Until told to end."""
    app = application(dsn, bootstrap)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.exit)
    await app.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
