"""GET /v1/accounts/{account_id}/decisions: which orders were refused, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, PageOf, PageRequest, PathId, SecuredRouter, page, page_request
from starlette.responses import JSONResponse

from saldo_subscriptions.application.read_accounts import AccountQueries
from saldo_subscriptions.entrypoints.http.views import DecisionBody, decision_body


def decision_routes(queries: AccountQueries) -> SecuredRouter:
    """Newest first."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/decisions", tags=["decisions"])

    @router.get("", permission=Permission.SUBSCRIPTIONS_VIEW, response_model=PageOf[DecisionBody])
    async def list_decisions(
        account_id: PathId, actor: CurrentActor, asked: Annotated[PageRequest, Depends(page_request(datetime, UUID))]
    ) -> JSONResponse:
        found = await queries.refused_orders(actor, account_id, after=_after(asked), limit=asked.fetch)
        return JSONResponse(
            page(
                found,
                asked,
                item=lambda order: decision_body(order).model_dump(mode="json"),
                cursor=lambda order: (order.decided_at, UUID(order.order_id)),
            )
        )

    return router


def _after(asked: PageRequest) -> tuple[datetime, str] | None:
    if asked.after is None:
        return None
    decided_at, order_id = asked.after
    return (decided_at, str(order_id)) if isinstance(decided_at, datetime) else None
