"""What must always hold in the books, each as one query that counts where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from saldo_messaging import Database

from saldo_invoicing.application.views import InvariantView

INVARIANTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "trial-balance-is-zero": (
            "Per account, entry and currency, what is debited is what is credited.",
            """
            select count(*) from (
                select entry_id, account_id, currency
                from (
                    select entry_id, account_id, currency, amount_minor_units as amount from journal_lines
                    union all
                    select entry_id, account_id, currency, -amount_minor_units from journal_lines
                ) legs
                group by entry_id, account_id, currency having sum(amount) <> 0
            ) unbalanced
            """,
        ),
        "entry-has-its-lines": (
            "Every journal entry has lines, of its own account and in its account's currency.",
            """
            select count(*) from journal_entries e join accounts a using (account_id)
            where not exists (select 1 from journal_lines l where l.entry_id = e.entry_id)
               or exists (
                   select 1 from journal_lines l
                   where l.entry_id = e.entry_id and (l.account_id <> e.account_id or l.currency <> a.currency)
               )
            """,
        ),
        "account-is-its-journal": (
            "What an account owes and what credit it has are the sums of its journal.",
            """
            select count(*) from accounts a
            left join (
                select account_id,
                       sum(case when debit = 'receivable' then amount_minor_units
                                when credit = 'receivable' then -amount_minor_units else 0 end) as open,
                       sum(case when credit = 'customer_credit' then amount_minor_units
                                when debit = 'customer_credit' then -amount_minor_units else 0 end) as credit
                from journal_lines group by account_id
            ) j using (account_id)
            where a.open_minor_units <> coalesce(j.open, 0) or a.credit_minor_units <> coalesce(j.credit, 0)
            """,
        ),
        "account-is-its-invoices": (
            "What an account owes, what of it is overdue and its credit are the sums of its invoices and receipts.",
            """
            select count(*) from accounts a
            left join (
                select account_id, sum(open_minor_units) as open,
                       sum(open_minor_units) filter (where overdue_since is not null) as overdue,
                       min(due_on) filter (where overdue_since is not null) as oldest
                from invoices where status in ('unpaid', 'partially_paid') group by account_id
            ) i using (account_id)
            left join (
                select account_id, sum(unapplied_minor_units) as credit from receipts group by account_id
            ) r using (account_id)
            where a.open_minor_units <> coalesce(i.open, 0)
               or a.overdue_minor_units <> coalesce(i.overdue, 0)
               or a.oldest_overdue_due_on is distinct from i.oldest
               or a.credit_minor_units <> coalesce(r.credit, 0)
            """,
        ),
        "invoice-is-its-journal": (
            "What is open on an invoice is the sum of its journal: its total less what was applied to it.",
            """
            select count(*) from invoices i
            left join (
                select invoice_id,
                       sum(case when debit = 'receivable' then amount_minor_units
                                when credit = 'receivable' then -amount_minor_units else 0 end) as open,
                       sum(case when receipt_id is not null and credit = 'receivable' then amount_minor_units
                                when receipt_id is not null and debit = 'receivable' then -amount_minor_units
                                else 0 end) as applied
                from journal_lines where invoice_id is not null group by invoice_id
            ) j using (invoice_id)
            where i.kind <> 'credit'
              and (i.open_minor_units <> coalesce(j.open, 0)
                   or i.open_minor_units <> i.total_minor_units - coalesce(j.applied, 0))
            """,
        ),
        "receipt-is-its-journal": (
            "What no invoice needed of a payment or credit is the sum of its journal, and its parts are the whole.",
            """
            select count(*) from receipts r
            left join (
                select receipt_id,
                       sum(case when credit = 'customer_credit' then amount_minor_units
                                when debit = 'customer_credit' then -amount_minor_units else 0 end) as unapplied
                from journal_lines where receipt_id is not null group by receipt_id
            ) j using (receipt_id)
            where r.unapplied_minor_units <> coalesce(j.unapplied, 0)
               or r.amount_minor_units <> r.unapplied_minor_units + r.reversed_minor_units + (
                   select coalesce(sum((part ->> 'minor_units')::bigint), 0) from jsonb_array_elements(r.applied) part
               )
            """,
        ),
        "invoice-is-its-document": (
            "Every invoice has its document, and the document's lines and taxes add up to the invoice's total.",
            """
            select count(*) from invoices i left join documents d on d.document_id = i.invoice_id
            where d.document_id is null or d.number <> i.number or abs(i.total_minor_units) <> abs((
                select coalesce(
                    sum((line #>> '{charge,net_minor_units}')::bigint + (line ->> 'tax_minor_units')::bigint), 0
                )
                from jsonb_array_elements(d.lines) line
            )) or abs(i.tax_minor_units) <> abs((
                select coalesce(sum((tax ->> 'tax_minor_units')::bigint), 0) from jsonb_array_elements(d.taxes) tax
            ))
            """,
        ),
        "numbers-have-no-gaps": (
            "A seller has issued as many documents, and opened as many accounts, as its series have drawn numbers.",
            """
            select count(*) from (
                select seller_id || case when kind = 'credit' then '/credit' else '/invoice' end as series_id,
                       count(*) as issued
                from invoices group by 1
                union all
                select seller_id || '/account', count(*) from accounts group by 1
            ) i full join number_series s using (series_id)
            where coalesce(i.issued, 0) <> coalesce(s.next_number, 1) - 1
            """,
        ),
    }
)


class SqlInvariants:
    """See `application.ports.Invariants`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> Sequence[InvariantView]:
        """All of them over one snapshot, so that work under way breaks none."""
        async with self._database.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            return [
                InvariantView(name, statement, await connection.fetchval(query))
                for name, (statement, query) in INVARIANTS.items()
            ]
