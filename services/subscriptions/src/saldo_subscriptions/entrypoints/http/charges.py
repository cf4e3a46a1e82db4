"""GET /v1/accounts/{account_id}/charges: what was charged, line by line."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, PageOf, PageRequest, PathId, Problem, SecuredRouter, page, page_request
from starlette.responses import JSONResponse

from saldo_subscriptions.application.ports import FinishedCharges
from saldo_subscriptions.application.read_accounts import AccountQueries
from saldo_subscriptions.entrypoints.http.views import ChargesBody, charges_body


def charges_routes(queries: AccountQueries) -> SecuredRouter:
    """Newest billing date first."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/charges", tags=["charges"])

    @router.get("", permission=Permission.SUBSCRIPTIONS_VIEW, response_model=PageOf[ChargesBody])
    async def list_charges(
        account_id: PathId, actor: CurrentActor, asked: Annotated[PageRequest, Depends(page_request(str, UUID))]
    ) -> JSONResponse:
        found = await queries.charges(actor, account_id, after=_after(asked), limit=asked.fetch)
        return JSONResponse(
            page(found, asked, item=lambda one: charges_body(one).model_dump(mode="json"), cursor=_cursor)
        )

    return router


def _cursor(finished: FinishedCharges) -> tuple[str, UUID]:
    return finished.charges.billing_on.isoformat(), UUID(finished.charges.charges_id)


def _after(asked: PageRequest) -> tuple[date, str] | None:
    if asked.after is None:
        return None
    day, charges_id = asked.after
    try:
        return date.fromisoformat(str(day)), str(charges_id)
    except ValueError:
        raise Problem(422, "invalid-request", "The cursor is not one of this list.") from None
