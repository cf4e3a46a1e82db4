"""The journal of an account over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Amount
from saldo_web import CurrentActor, PageOf, PageRequest, PathId, SecuredRouter, page, page_request
from starlette.responses import JSONResponse

from saldo_invoicing.application.read_books import Books
from saldo_invoicing.application.views import EntryView
from saldo_invoicing.entrypoints.http.shapes import Answer, amount, before


class EntryLineAnswer(Answer):
    """The amount debited to one account of the ledger and credited to the other."""

    debit: str
    credit: str
    amount: Amount
    invoice_id: str | None
    receipt_id: str | None


class EntryAnswer(Answer):
    """One business fact in the journal."""

    entry_id: str
    kind: str
    fact_id: str
    entered_at: datetime
    lines: tuple[EntryLineAnswer, ...]


def journal_routes(books: Books) -> SecuredRouter:
    """The route of the journal."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}", tags=["journal"])

    @router.get("/journal", permission=Permission.BILLING_INFORMATION_VIEW, response_model=PageOf[EntryAnswer])
    async def list_journal(
        account_id: PathId,
        actor: CurrentActor,
        asked: Annotated[PageRequest, Depends(page_request(int))],
    ) -> JSONResponse:
        rows = await books.journal(account_id, actor, before=before(asked), limit=asked.fetch)
        body = page(
            rows,
            asked,
            item=lambda row: _entry(row).model_dump(mode="json"),
            cursor=lambda row: (row.ledger_version,),
        )
        return JSONResponse(body)

    return router


def _entry(view: EntryView) -> EntryAnswer:
    return EntryAnswer(
        entry_id=view.entry_id,
        kind=view.kind,
        fact_id=view.fact_id,
        entered_at=view.entered_at,
        lines=tuple(
            EntryLineAnswer(
                debit=line.debit,
                credit=line.credit,
                amount=amount(line.amount, view.currency),
                invoice_id=line.invoice_id,
                receipt_id=line.receipt_id,
            )
            for line in view.lines
        ),
    )
