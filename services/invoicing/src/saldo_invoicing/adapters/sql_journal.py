"""Reads of the journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from saldo_messaging import Database

from saldo_invoicing.application.views import EntryLineView, EntryView

ENTRIES_SQL = """
select e.entry_id::text, e.kind, e.fact_id, e.entered_at, e.ledger_version, a.currency
from journal_entries e join accounts a using (account_id)
where e.account_id = $1::text::uuid and ($2::bigint is null or e.ledger_version < $2)
order by e.ledger_version desc limit $3
"""
LINES_SQL = """
select entry_id::text, debit, credit, amount_minor_units, invoice_id::text, receipt_id::text
from journal_lines where entry_id = any($1::text[]::uuid[]) order by entry_id, position
"""


class SqlJournalReads:
    """See `application.ports.JournalReads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(self, account_id: str, *, before: int | None, limit: int) -> Sequence[EntryView]:
        entries = await self._database.pool.fetch(ENTRIES_SQL, account_id, before, limit)
        lines: defaultdict[str, list[EntryLineView]] = defaultdict(list)
        for line in await self._database.pool.fetch(LINES_SQL, [entry["entry_id"] for entry in entries]):
            lines[line["entry_id"]].append(
                EntryLineView(
                    debit=line["debit"],
                    credit=line["credit"],
                    amount=line["amount_minor_units"],
                    invoice_id=line["invoice_id"],
                    receipt_id=line["receipt_id"],
                )
            )
        return [
            EntryView(
                entry_id=entry["entry_id"],
                kind=entry["kind"],
                fact_id=entry["fact_id"],
                entered_at=entry["entered_at"],
                ledger_version=entry["ledger_version"],
                currency=entry["currency"],
                lines=tuple(lines[entry["entry_id"]]),
            )
            for entry in entries
        ]
