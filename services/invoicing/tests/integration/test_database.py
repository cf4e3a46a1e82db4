"""The database itself: it is what the tables say, refuses wrong states, and numbers without gaps under real load."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from saldo_invoicing.adapters.sql_invariants import INVARIANTS, SqlInvariants
from saldo_invoicing.adapters.tables import metadata
from saldo_messaging import Runtime
from saldo_work import Refused
from sqlalchemy import Connection

from services.invoicing.tests.integration.commands import issue, open_account, pay

OWN_TABLES = set(metadata.tables)


async def violations(runtime: Runtime) -> dict[str, int]:
    return {view.name: view.violations for view in await SqlInvariants(runtime.database).check() if view.violations}


async def test_the_migrations_make_exactly_the_tables_that_the_code_expects(runtime: Runtime) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name in OWN_TABLES, "compare_type": True},
        )
        return [one for one in compare_metadata(context, metadata) if "comment" not in str(one)]

    async with runtime.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_two_processes_at_once_leave_no_gap_in_any_series(runtime: Runtime, second_runtime: Runtime) -> None:
    async def opened(process: Runtime, n: int) -> str | None:
        try:
            return await open_account(process, currency="JPY" if n % 5 == 0 else "USD")
        except Refused:
            return None

    both = (runtime, second_runtime)
    accounts = [one for one in await asyncio.gather(*(opened(both[n % 2], n) for n in range(40))) if one]
    assert len(accounts) == 32
    await asyncio.gather(*(issue(both[n % 2], account, 100 + n) for n, account in enumerate(accounts * 2)))
    await asyncio.gather(*(pay(both[n % 2], account, 150) for n, account in enumerate(accounts)))
    assert await violations(runtime) == {}
    numbers = await runtime.database.pool.fetch("select number from invoices where seller_id = 'borealis'")
    assert sorted(int(row["number"].removeprefix("INV-")) for row in numbers) == list(range(1, 65))


async def test_two_processes_that_pay_one_account_at_once_lose_nothing(
    runtime: Runtime, second_runtime: Runtime
) -> None:
    account = await open_account(runtime)
    await issue(runtime, account, 60_00)
    await asyncio.gather(*(pay((runtime, second_runtime)[n % 2], account, 10_00) for n in range(8)))
    row = await runtime.database.pool.fetchrow(
        "select open_minor_units, credit_minor_units, ledger_version from accounts where account_id = $1::text::uuid",
        account,
    )
    assert row is not None and tuple(row) == (0, 20_00, 9)
    assert await violations(runtime) == {}


WRONG_STATES = [
    "update accounts set open_minor_units = open_minor_units + 1, credit_minor_units = 5",
    "update accounts set dunning = 'overdue' where overdue_minor_units = 0",
    "update invoices set open_minor_units = open_minor_units - 1",
    "update invoices set status = 'paid' where open_minor_units > 0",
    "update receipts set unapplied_minor_units = amount_minor_units + 1",
    "insert into journal_lines values (gen_random_uuid(), (select entry_id from journal_entries limit 1), "
    "(select account_id from accounts limit 1), 99, 'cash', 'cash', 1, 'USD', null, null)",
    "insert into journal_lines values (gen_random_uuid(), (select entry_id from journal_entries limit 1), "
    "(select account_id from accounts limit 1), 99, 'cash', 'revenue', -1, 'USD', null, null)",
    "insert into journal_lines values (gen_random_uuid(), (select entry_id from journal_entries limit 1), "
    "(select account_id from accounts limit 1), 99, 'cash', 'receivable', 1, 'USD', null, null)",
]


@pytest.mark.parametrize("statement", WRONG_STATES)
async def test_the_database_refuses_a_wrong_state(runtime: Runtime, statement: str) -> None:
    account = await open_account(runtime)
    await issue(runtime, account, 60_00)
    with pytest.raises(asyncpg.CheckViolationError):
        await runtime.database.pool.execute(statement)


BREAKAGES = {
    "entry-has-its-lines": "delete from journal_lines",
    "account-is-its-journal": "update journal_lines set amount_minor_units = amount_minor_units + 1",
    "account-is-its-invoices": (
        "update accounts set open_minor_units = open_minor_units + 1 "
        "where open_minor_units > 0 and credit_minor_units = 0"
    ),
    "invoice-is-its-journal": "update journal_lines set invoice_id = gen_random_uuid() where invoice_id is not null",
    "receipt-is-its-journal": "update receipts set applied = '[]'",
    "invoice-is-its-document": "update documents set lines = '[]'",
    "numbers-have-no-gaps": "update number_series set next_number = next_number + 1",
}


@pytest.mark.parametrize("name", BREAKAGES)
async def test_every_invariant_bites(runtime: Runtime, name: str) -> None:
    account = await open_account(runtime)
    await issue(runtime, account, 60_00)
    await pay(runtime, account, 10_00)
    async with runtime.database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        for table in ("journal_lines", "documents"):
            await connection.execute(f"alter table {table} disable trigger user")
        await connection.execute(BREAKAGES[name])
        broken = await connection.fetchval(INVARIANTS[name][1])
        await transaction.rollback()
    assert broken > 0
    assert await violations(runtime) == {}


def test_only_the_trial_balance_cannot_be_broken_since_a_line_debits_what_it_credits() -> None:
    assert set(INVARIANTS) - set(BREAKAGES) == {"trial-balance-is-zero"}
