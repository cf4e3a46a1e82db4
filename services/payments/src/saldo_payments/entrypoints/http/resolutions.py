"""/v1/payments/{payment_id}/resolution: an operator ends what the processor leaves in doubt."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, PathId, RequestBody, SecuredRouter, Text, run
from saldo_work import Commands
from starlette.responses import JSONResponse

from saldo_payments.application.read_payments import ReadPayments
from saldo_payments.application.resolve_payment import ResolvePayment
from saldo_payments.entrypoints.http.views import ResolvedBody

REASON_CHARACTERS_MAX = 500  # a sentence or two; the case holds the rest


class ResolutionBody(RequestBody):
    """What the processor's own books say, and how it was found out; no personal data in the reason."""

    outcome: Literal["succeeded", "failed"]
    reason: Annotated[str, Text(REASON_CHARACTERS_MAX)]
    processor_reference: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,255}$")] | None = None


def resolution_routes(commands: Commands, reads: ReadPayments) -> SecuredRouter:
    """Needs the permission of those who record money by hand, until there is one of its own."""
    router = SecuredRouter(prefix="/v1/payments/{payment_id}/resolution", tags=["operators"])

    @router.post(
        "",
        permission=Permission.OFFLINE_PAYMENTS_RECORD,
        response_model=ResolvedBody,
        idempotency="required",
        refusals=["not-in-doubt"],
    )
    async def resolve_payment(
        payment_id: PathId, body: ResolutionBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        command = ResolvePayment(
            account_id=await reads.owner_of_payment(payment_id),
            payment_id=payment_id,
            succeeded=body.outcome == "succeeded",
            reason=body.reason,
            reference=body.processor_reference,
        )
        return await run(commands, command, request, actor)

    return router
