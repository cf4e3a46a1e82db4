"""Each service gets a database that only its own login opens."""

from __future__ import annotations

import asyncio
import re

import asyncpg
import pytest
from saldo_local.databases import drop, provision
from saldo_local.stack import Stack
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


def with_database(dsn: str, database: str) -> str:
    return re.sub(r"/[a-z0-9_]+$", f"/{database}", dsn)


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_service_owns_its_database(stack: Stack) -> None:
    payments = await provision(stack.postgres_dsn, "payments", suffix="owner")
    await value(payments.dsn, "CREATE TABLE payment_attempts (id bigint PRIMARY KEY)")
    assert await value(payments.dsn, "SELECT current_user || '@' || current_database()") == (
        "payments_owner@payments_owner"
    )
    assert (
        await value(
            payments.dsn, "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        is False
    )


async def test_no_service_may_connect_to_anothers_database_nor_to_the_shared_ones(stack: Stack) -> None:
    payments = await provision(stack.postgres_dsn, "payments", suffix="walls")
    invoicing = await provision(stack.postgres_dsn, "invoicing", suffix="walls")
    for database in (invoicing.database, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="CONNECT privilege"):
            await value(with_database(payments.dsn, database), "SELECT 1")


async def test_a_wrong_password_is_refused(stack: Stack) -> None:
    payments = await provision(stack.postgres_dsn, "payments", suffix="password")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await value(re.sub(r":[0-9a-f]+@", ":wrong@", payments.dsn), "SELECT 1")


async def test_a_repeat_keeps_data_and_password(stack: Stack) -> None:
    first = await provision(stack.postgres_dsn, "payments", suffix="repeat")
    await value(first.dsn, "CREATE TABLE kept ()")
    assert await provision(stack.postgres_dsn, "payments", suffix="repeat") == first
    assert await value(first.dsn, "SELECT to_regclass('kept')::text") == "kept"


async def test_many_can_be_made_at_once(stack: Stack) -> None:
    made = await asyncio.gather(*(provision(stack.postgres_dsn, "many", suffix=str(n)) for n in range(3)))
    assert len({database.dsn for database in made}) == 3
    assert await asyncio.gather(*(value(database.dsn, "SELECT 1") for database in made)) == [1] * 3


async def test_dropping_ends_sessions_and_removes_database_and_role(stack: Stack) -> None:
    doomed = await provision(stack.postgres_dsn, "doomed")
    session = await asyncpg.connect(doomed.dsn)
    await drop(stack.postgres_dsn, "doomed")
    await drop(stack.postgres_dsn, "doomed")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await session.fetchval("SELECT 1")
    assert await value(stack.postgres_dsn, "SELECT count(*) FROM pg_roles WHERE rolname = 'doomed'") == 0


async def test_sqlalchemy_takes_the_address_too(stack: Stack) -> None:
    database = await provision(stack.postgres_dsn, "payments", suffix="alchemy")
    engine = create_async_engine(database.sqlalchemy_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT current_database()"))).scalar_one() == "payments_alchemy"
    await engine.dispose()


@pytest.mark.parametrize("name", ["Payments", "pay-ments", "1st", "x" * 64, 'a"; DROP ROLE saldo_admin; --'])
async def test_a_name_that_needs_quoting_is_refused(stack: Stack, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain database name"):
        await provision(stack.postgres_dsn, name)
