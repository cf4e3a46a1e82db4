"""/v1/accounts/{account_id}/autopay: whether invoices are charged when they are issued (GOTO-49)."""

from __future__ import annotations

from fastapi import Request
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, PathId, RequestBody, SecuredRouter, run
from saldo_work import Commands
from starlette.responses import JSONResponse

from saldo_payments.application.read_payments import ReadPayments
from saldo_payments.application.switch_autopay import SwitchAutopay
from saldo_payments.entrypoints.http.views import AutopayBody, AutopayState, autopay_body


class SwitchBody(RequestBody):
    enabled: bool


def autopay_routes(commands: Commands, reads: ReadPayments) -> SecuredRouter:
    """Read and switch."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/autopay", tags=["autopay"])

    @router.get("", permission=Permission.PAYMENT_METHODS_VIEW, response_model=AutopayBody)
    async def read_autopay(account_id: PathId, actor: CurrentActor) -> JSONResponse:
        return JSONResponse(autopay_body(await reads.account(actor, account_id)))

    @router.put("", permission=Permission.PAYMENT_METHODS_MANAGE, response_model=AutopayState)
    async def switch_autopay(
        account_id: PathId, body: SwitchBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        return await run(commands, SwitchAutopay(account_id=account_id, enabled=body.enabled), request, actor)

    return router
