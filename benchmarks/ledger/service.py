"""The small service as the house builds one: books, use case, announcements, wiring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from saldo_contracts import events as told
from saldo_contracts.envelope import Envelope
from saldo_contracts.event import Event
from saldo_contracts.wire import Amount
from saldo_messaging import MessagingSettings, Service, SqlUnitOfWork, Stored
from saldo_money import Money
from saldo_work import Answer, Needs, NotYetKnown, UnitOfWork

from benchmarks.ledger import tables
from benchmarks.ledger.domain import Account, Line, Paid

NAME = "invoicing"


class Books(SqlUnitOfWork):
    """Declaration order is lock order."""

    accounts = Stored(Account, tables.accounts, key="account_id")
    lines = Stored(Line, tables.lines, key="line_id", append_only=True)


@dataclass(frozen=True, slots=True)
class EnterPayment:
    account_id: str
    payment_id: str
    minor_units: int
    currency: str


class EnterPaymentHandler:
    """A repeat finds its line and does nothing."""

    def needs(self, command: EnterPayment) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: EnterPayment, work: UnitOfWork) -> Answer:
        account = await work.find(Account, command.account_id)
        if account is None:
            raise NotYetKnown("account", command.account_id)
        lines = account.receive(command.payment_id, Money(command.minor_units, command.currency), work.now)
        work.save(account)
        for line in lines:
            work.save(line)
        return None


def on_payment_succeeded(event: told.PaymentSucceeded, _: Envelope) -> EnterPayment:
    return EnterPayment(event.account_id, event.payment_id, event.amount.minor_units, event.amount.currency)


def announce(entity: object, event: object) -> Iterable[Event]:
    """Two events a payment: it was applied, and the balance moved."""
    if isinstance(entity, Account) and isinstance(event, Paid):
        nothing = Amount(minor_units=0, currency=entity.balance.currency.code)
        yield told.PaymentApplied(
            account_id=entity.account_id,
            seller_id=entity.seller_id,
            payment_id=event.payment_id,
            amount=_amount(event.amount),
            applications=(),
            surplus=_amount(event.amount),
            applied_at=event.at,
        )
        yield told.BalanceChanged(
            account_id=entity.account_id,
            seller_id=entity.seller_id,
            ledger_version=entity.version,
            balance=_amount(entity.balance),
            overdue=nothing,
            credit=nothing,
            oldest_overdue_due_date=None,
            oldest_overdue_invoice_id=None,
            movement=told.BalanceMovement.PAYMENT,
            changed_by=_amount(-event.amount),
        )


def _amount(money: Money) -> Amount:
    return Amount(minor_units=money.minor_units, currency=money.currency.code)


def build(settings: MessagingSettings) -> Service:
    """The service of these settings; it has no HTTP."""
    return Service(
        name=NAME,
        version="0",
        migrations="benchmarks.ledger.migrations",
        messaging=settings,
        books=Books,
        announce=announce,
        refusals=(),
        handlers={EnterPayment: EnterPaymentHandler()},
        listens={told.PaymentSucceeded: on_payment_succeeded},
        timers={},
        loops=lambda runtime: [],
        api=lambda runtime: _no_app,
        worker_http=lambda runtime: _no_app,
        serve_http=_serve_nothing,
    )


async def _no_app(*_: object) -> None:
    """It is driven by messages only."""


async def _serve_nothing(app: object, host: str, port: int) -> None:
    """It is driven by messages only."""
