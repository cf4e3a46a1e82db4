"""A database of its own for each service, behind a login that opens no other."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

NAME_LENGTH_MAX = 63  # PostgreSQL cuts longer identifiers silently
NAME = re.compile(r"[a-z][a-z0-9_]*")
PROVISIONING_LOCK = 0x5A1D0  # two sessions that change the same grants at once make each other fail
SHARED_DATABASES = ("postgres", "template1")


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """`dsn` is for asyncpg; `sqlalchemy_url` the same for SQLAlchemy. Both carry the role's password."""

    dsn: str
    role: str
    database: str

    @property
    def sqlalchemy_url(self) -> str:
        return self.dsn.replace("postgresql://", "postgresql+asyncpg://", 1)


async def provision(admin_dsn: str, service: str, *, suffix: str = "") -> ServiceDatabase:
    """Role and database `<service>[_<suffix>]`, owned by the role; nobody else may connect (administrators apart).

    A repeat changes nothing and returns the same DSN: the password is derived from the administrator's, so it is as
    random as that. Where the administrator signs in without one, a repeat sets a new random password.
    Raises ValueError for a name that would need quoting.
    """
    name = _name(service, suffix)
    password = _password(admin_dsn, name)
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute("SELECT pg_advisory_lock($1)", PROVISIONING_LOCK)
        await _make_role(admin, name, password)
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await admin.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
        await _close_doors(admin, name)
    finally:
        await admin.close()
    return ServiceDatabase(_dsn_for(admin_dsn, name, password), role=name, database=name)


async def drop(admin_dsn: str, service: str, *, suffix: str = "") -> None:
    """Ends the sessions, drops database and role; a repeat does nothing."""
    name = _name(service, suffix)
    admin = await asyncpg.connect(admin_dsn)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE IF EXISTS {name}")
    finally:
        await admin.close()


async def _make_role(admin: asyncpg.Connection, name: str, password: str) -> None:
    verb = "ALTER" if await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name) else "CREATE"
    await admin.execute(
        f"{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD '{password}'"
    )
    if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        await admin.execute(f"GRANT {name} TO CURRENT_USER")  # a plain administrator may only give to its own roles


async def _close_doors(admin: asyncpg.Connection, name: str) -> None:
    await admin.execute(f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
    for shared in SHARED_DATABASES:
        open_to_all = await admin.fetchval("SELECT has_database_privilege('public', $1, 'CONNECT')", shared)
        if open_to_all:
            try:
                await admin.execute(f"REVOKE CONNECT ON DATABASE {shared} FROM PUBLIC")
            except asyncpg.InsufficientPrivilegeError:
                continue  # a server lent to us: its owner decides about its own databases


def _name(service: str, suffix: str) -> str:
    name = f"{service}_{suffix}" if suffix else service
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH_MAX:
        raise ValueError(f"{name!r} is not a plain database name (a-z, 0-9, _, at most {NAME_LENGTH_MAX} characters).")
    return name


def _password(admin_dsn: str, name: str) -> str:
    """Letters and digits only: it goes into SQL text and into DSNs."""
    admin_password = urlsplit(admin_dsn).password
    if not admin_password:
        return secrets.token_hex(24)
    return hmac.new(admin_password.encode(), name.encode(), hashlib.sha256).hexdigest()


def _dsn_for(admin_dsn: str, name: str, password: str) -> str:
    """Keeps host, port and options, which may stand in the query (`?host=/socket/directory`)."""
    parts = urlsplit(admin_dsn)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(("postgresql", f"{quote(name)}:{password}@{place}", f"/{name}", parts.query, ""))
