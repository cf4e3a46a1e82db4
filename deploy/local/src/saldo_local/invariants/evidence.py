"""What the sentences are held against: each owner's own record, read once when nothing is under way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2

from saldo_local.invariants.books import InvoiceCopy
from saldo_local.invariants.mails import Notice
from saldo_local.invariants.place import BOOKS_PERMISSION, Place
from saldo_local.invariants.told import Told, read_told

HTTP_SECONDS_MAX = 60.0
MAILS_PAGE = 1_000
NOTICES_SQL = (
    "select notice_id::text, event_id::text, contact_id::text, template, state, doubtful_attempts from notices"
)
COPIES_SQL = "select invoice_id::text, open_minor_units, version from invoices"
OPEN_SQL = "select invoice_id::text, open_minor_units from invoices"
OWED_SQL = "select account_id::text, open_minor_units - credit_minor_units as owed from accounts"
BELIEVED_SQL = "select account_id::text, balance_minor_units from standings where ledger_version > 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`reports` of all processes, `told` on the public topics, `charges` of the processor, mails by notice id."""

    reports: Sequence[Mapping[str, Any]]
    told: Sequence[Told]
    charges: Sequence[Mapping[str, Any]]
    arrived: Mapping[str, int]
    notices: Sequence[Notice]
    ledger: Sequence[Mapping[str, Any]]
    owed: Mapping[str, int]
    believed: Mapping[str, int]
    open_amounts: Mapping[str, int]
    copies: Sequence[InvoiceCopy]


async def gather(place: Place, reports: Sequence[Mapping[str, Any]], told: Sequence[Told] | None = None) -> Evidence:
    """`told` is given by who watched the topics. Raises what HTTP, database and broker raise."""
    notices, copies, open_amounts, owed, believed = await asyncio.gather(
        _rows(place, "notifications", NOTICES_SQL),
        _rows(place, "payments", COPIES_SQL),
        _rows(place, "invoicing", OPEN_SQL),
        _rows(place, "invoicing", OWED_SQL),
        _rows(place, "subscriptions", BELIEVED_SQL),
    )
    async with httpx2.AsyncClient(timeout=HTTP_SECONDS_MAX) as client:
        return Evidence(
            reports=reports,
            told=await read_told(place.kafka_bootstrap) if told is None else told,
            charges=await _charges(client, place),
            arrived=await _mails(client, place),
            notices=[Notice(*row) for row in notices],
            ledger=await _ledger(client, place),
            owed=dict(map(tuple, owed)),
            believed=dict(map(tuple, believed)),
            open_amounts=dict(map(tuple, open_amounts)),
            copies=[InvoiceCopy(*row) for row in copies],
        )


async def _rows(place: Place, service: str, query: str) -> Sequence[asyncpg.Record]:
    connection = await asyncpg.connect(place.databases[service])
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def _charges(client: httpx2.AsyncClient, place: Place) -> Sequence[Mapping[str, Any]]:
    headers = {"Authorization": f"Bearer {place.processor_api_key}"}
    answer = await client.get(f"{place.processor_url}/simulator/ledger", headers=headers)
    answer.raise_for_status()
    found: Sequence[Mapping[str, Any]] = answer.json()["charges"]
    return found


async def _ledger(client: httpx2.AsyncClient, place: Place) -> Sequence[Mapping[str, Any]]:
    headers = {"Authorization": f"Bearer {place.token(BOOKS_PERMISSION)}"}
    answer = await client.get(f"{place.api('invoicing')}/v1/invariants", headers=headers)
    answer.raise_for_status()
    found: Sequence[Mapping[str, Any]] = answer.json()["items"]
    return found


async def _mails(client: httpx2.AsyncClient, place: Place) -> Mapping[str, int]:
    """How many mails arrived of each notice, which a Message-ID names before its @."""
    arrived: Counter[str] = Counter()
    since = 0
    while True:
        about = {"since_id": since, "limit": MAILS_PAGE}
        answer = await client.get(f"{place.mail_api_url}/messages", params=about)
        answer.raise_for_status()
        page = answer.json()["messages"]
        arrived.update(str(mail["message_id"]).strip("<>").partition("@")[0] for mail in page)
        if len(page) < MAILS_PAGE:
            return arrived
        since = page[-1]["id"]
