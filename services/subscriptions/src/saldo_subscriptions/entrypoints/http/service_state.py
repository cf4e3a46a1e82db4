"""/v1/accounts/{account_id}/service-state: whether service runs, and an agent's override."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Request
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Id
from saldo_web import CurrentActor, PathId, RequestBody, SecuredRouter, Text, run
from saldo_work import Commands
from starlette.responses import JSONResponse

from saldo_subscriptions.application.override_suspension import OverrideSuspension
from saldo_subscriptions.application.read_accounts import AccountQueries
from saldo_subscriptions.domain.suspension import ServiceState
from saldo_subscriptions.entrypoints.http.views import ServiceStateBody, service_state_body

REASON_CHARACTERS_MAX = 500  # a sentence or two; the case holds the rest


class OverrideBody(RequestBody):
    """Until which local day late payment does not count, and why; no personal data in the reason."""

    until: date
    reason: Annotated[str, Text(REASON_CHARACTERS_MAX)]


class OverriddenBody(RequestBody):
    """What the override led to."""

    override_id: Id
    state: ServiceState
    until: date


def service_state_routes(commands: Commands, queries: AccountQueries) -> SecuredRouter:
    """Read the state, override a suspension."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/service-state", tags=["service state"])

    @router.get("", permission=Permission.SUBSCRIPTIONS_VIEW, response_model=ServiceStateBody)
    async def read_service_state(account_id: PathId, actor: CurrentActor) -> JSONResponse:
        standing = await queries.service_state(actor, account_id)
        return JSONResponse(service_state_body(standing).model_dump(mode="json"))

    @router.post(
        "/overrides",
        permission=Permission.SERVICE_OVERRIDE,
        status_code=201,
        response_model=OverriddenBody,
        idempotency="required",
        refusals=["nothing-to-override", "override-out-of-range"],
    )
    async def override_suspension(
        account_id: PathId, body: OverrideBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        command = OverrideSuspension(account_id=account_id, until=body.until, reason=body.reason)
        return await run(commands, command, request, actor, status=201)

    return router
