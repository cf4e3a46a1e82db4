"""What the use cases save is what stands in PostgreSQL, and the tables refuse what the domain rules out."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from uuid import uuid4

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from saldo_messaging import Runtime
from saldo_messaging.clocks import MovableClock
from saldo_money import Money
from saldo_subscriptions.adapters import tables
from saldo_subscriptions.adapters.sql_account_reads import SqlAccountReads
from saldo_subscriptions.application.enforce_terms import EnforceTerms
from saldo_subscriptions.application.finalize_charges import FinalizeCharges
from saldo_subscriptions.application.note_payment_methods import NotePaymentMethods
from saldo_subscriptions.application.observe_balance import ObserveBalance
from saldo_subscriptions.application.open_account import OpenAccount
from saldo_subscriptions.application.override_suspension import OverrideSuspension
from saldo_subscriptions.application.start_subscription import StartSubscription
from saldo_subscriptions.domain.account import Profile
from saldo_subscriptions.domain.subscription import ChargedLine, SubscriptionStatus
from saldo_subscriptions.domain.suspension import ServiceState
from saldo_work import Cause, system_actor
from sqlalchemy import Connection

TODAY = datetime(2026, 1, 31, 9, tzinfo=UTC)


def cause(at: datetime | None = None) -> Cause:
    return Cause(cause_id=str(uuid4()), actor=system_actor("test"), effective_at=at)


async def opened(runtime: Runtime) -> str:
    """A new account with a method; its id."""
    assert isinstance(runtime.clock, MovableClock)
    await runtime.clock.move_to(max(TODAY, await runtime.clock.now() if await _clock_stands(runtime) else TODAY))
    account_id = str(uuid4())
    profile = Profile(
        account_number="A-1",
        currency="USD",
        time_zone="UTC",
        pays_by_transfer=False,
        closed=False,
        profile_version=1,
    )
    await runtime.commands.run(OpenAccount(account_id=account_id, seller_id="borealis", profile=profile), cause())
    await runtime.commands.run(NotePaymentMethods(account_id=account_id, qualifying=1), cause())
    return account_id


async def _clock_stands(runtime: Runtime) -> bool:
    return bool(await runtime.database.pool.fetchval("select exists (select from business_clock)"))


def order(account_id: str, plan: str = "connect-monthly") -> StartSubscription:
    return StartSubscription(account_id=account_id, plan_code=plan, quantity=2, starts_on=None)


def owed(account_id: str, version: int, minor_units: int, *, oldest: date | None) -> ObserveBalance:
    return ObserveBalance(
        account_id=account_id,
        ledger_version=version,
        currency="USD",
        balance_minor_units=minor_units,
        overdue_minor_units=minor_units if oldest else 0,
        oldest_overdue_due_on=oldest,
        oldest_overdue_invoice_id=str(uuid4()) if oldest else None,
    )


async def test_the_revisions_make_exactly_the_declared_tables(runtime: Runtime) -> None:
    def differences(connection: Connection) -> list[object]:
        ours = set(tables.metadata.tables)
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or name in ours}
        )
        return list(compare_metadata(context, tables.metadata))

    async with runtime.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_an_order_reads_back_as_it_was_saved(runtime: Runtime) -> None:
    account_id = await opened(runtime)
    await runtime.commands.run(order(account_id), cause())
    await runtime.commands.run(order(account_id, "no-such-plan"), cause())
    reads = SqlAccountReads(runtime.database.engine)
    (subscription,) = await reads.subscriptions(account_id, after=None, limit=5)
    (finished,) = await reads.charges(account_id, after=None, limit=5)
    (line,) = finished.lines
    assert subscription.status is SubscriptionStatus.ACTIVE
    assert subscription.unit_price == Money(6000, "USD")
    assert subscription.last_line == ChargedLine(
        charges_id=finished.charges.charges_id,
        line_id=line.line_id,
        net_minor_units=12000,
        service_starts_on=date(2026, 1, 31),
        service_ends_before=date(2026, 2, 28),
    )
    assert finished.charges.total == line.amount == Money(12000, "USD")
    (refused,) = await reads.refused_orders(account_id, after=None, limit=5)
    assert (refused.plan_code, refused.unit_price) == ("no-such-plan", None)
    assert await reads.subscription(account_id, subscription.subscription_id) == subscription
    assert await reads.subscription(str(uuid4()), subscription.subscription_id) is None


async def test_late_payment_reads_back_through_all_its_states(runtime: Runtime) -> None:
    account_id = await opened(runtime)
    await runtime.commands.run(order(account_id), cause())
    reads = SqlAccountReads(runtime.database.engine)

    async def state() -> ServiceState:
        standing = await reads.standing(account_id)
        assert standing is not None
        return standing.state

    await runtime.commands.run(owed(account_id, 1, 12000, oldest=date(2026, 1, 31)), cause())
    assert await state() is ServiceState.SUSPENSION_SCHEDULED
    await runtime.commands.run(EnforceTerms(account_id=account_id), cause(datetime(2026, 2, 7, tzinfo=UTC)))
    assert await state() is ServiceState.SUSPENDED
    override = OverrideSuspension(account_id=account_id, until=date(2026, 2, 20), reason="wire announced")
    await runtime.commands.run(override, cause(datetime(2026, 2, 8, tzinfo=UTC)))
    assert await state() is ServiceState.SUSPENSION_SCHEDULED
    await runtime.commands.run(EnforceTerms(account_id=account_id), cause(datetime(2026, 2, 20, tzinfo=UTC)))
    await runtime.commands.run(EnforceTerms(account_id=account_id), cause(datetime(2026, 3, 15, tzinfo=UTC)))
    assert await state() is ServiceState.CANCELLED_NON_PAYMENT
    logged = await runtime.database.pool.fetch("select * from overrides where account_id = $1", account_id)
    assert [(row["made_by"], row["was_suspended"]) for row in logged] == [("system:test", True)]


async def test_a_billing_date_that_two_workers_run_at_once_is_charged_once(runtime: Runtime) -> None:
    account_id = await opened(runtime)
    await runtime.commands.run(order(account_id), cause())
    run = FinalizeCharges(account_id=account_id, billing_on=date(2026, 2, 28))
    at = datetime(2026, 2, 28, tzinfo=UTC)
    async with Runtime(runtime.service) as second:
        await asyncio.gather(
            *(door.commands.run(run, cause(at)) for door in (runtime, second) for _ in range(5)),
        )
    found = await SqlAccountReads(runtime.database.engine).charges(account_id, after=None, limit=9)
    assert [finished.charges.billing_on for finished in found] == [date(2026, 2, 28), date(2026, 1, 31)]


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("update charge_lines set kind = 'prorated' where account_id = $1", "charge_lines_kind"),
        ("update subscriptions set status = 'cancelled_non_payment' where account_id = $1", "subscriptions_ended"),
        ("update subscriptions set charged_until = anchor_on - 1 where account_id = $1", "subscriptions_charged_until"),
        ("update orders set rejection = 'overdue' where account_id = $1", "orders_status"),
        ("update standings set suspended_since = now() where account_id = $1", "standings_suspended"),
        (
            "update standings set state = 'suspended', suspended_since = now(), without_access_from = current_date "
            "where account_id = $1",
            "standings_no_suspension_without_debt",
        ),
        ("update standings set suspension_on = current_date where account_id = $1", "standings_suspension_date"),
        ("update accounts set qualifying_methods = -1 where account_id = $1", "accounts_qualifying_methods"),
    ],
)
async def test_the_tables_refuse_what_cannot_be(runtime: Runtime, statement: str, rule: str) -> None:
    account_id = await opened(runtime)
    await runtime.commands.run(order(account_id), cause())
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=rule):
        await runtime.database.pool.execute(statement, account_id)


async def test_no_period_is_charged_twice_even_under_another_line_id(runtime: Runtime) -> None:
    account_id = await opened(runtime)
    await runtime.commands.run(order(account_id), cause())
    columns = ", ".join(column.name for column in tables.charge_lines.c if column.name != "line_id")
    with pytest.raises(asyncpg.UniqueViolationError, match="charge_lines_once_per_period"):
        await runtime.database.pool.execute(
            f"insert into charge_lines (line_id, {columns}) "
            f"select gen_random_uuid(), {columns} from charge_lines where account_id = $1",
            account_id,
        )
