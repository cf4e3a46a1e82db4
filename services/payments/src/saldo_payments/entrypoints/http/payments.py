"""/v1/accounts/{account_id}/payments: pay any amount now, and see how payments ended."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Annotated
from uuid import UUID

from fastapi import Header, Request
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Amount
from saldo_web import CurrentActor, Id, PageOf, PathId, RequestBody, SecuredRouter, page, run
from saldo_work import Actor, Commands
from starlette.responses import JSONResponse

from saldo_payments.application.make_one_time_payment import MakeOneTimePayment
from saldo_payments.application.ports import PaymentView
from saldo_payments.application.read_payments import ReadPayments
from saldo_payments.domain.payment_states import ENDED, PaymentStatus
from saldo_payments.entrypoints.http.paging import NewestFirst, position
from saldo_payments.entrypoints.http.payment_methods import Token
from saldo_payments.entrypoints.http.views import (
    PaymentBody,
    PaymentDetailsBody,
    PaymentState,
    payment_body,
    payment_details_body,
    payment_state,
)

WAIT_SECONDS_MAX = 10  # of `Prefer: wait`; proxies in between give up after half a minute
POLL_SECONDS = 0.05  # the worker is another process; a row tells how it ended
RESTING = {status.value for status in ENDED | {PaymentStatus.AUTHENTICATION_REQUIRED, PaymentStatus.IN_DOUBT}}
REFUSALS = (
    "amount-not-positive",
    "wrong-currency",
    "more-than-owed",
    "one-way-to-pay",
    "invoice-not-open",
    "attempt-limit-reached",
    "method-declined-lately",
    "method-not-usable",
)


class OneTimeBody(RequestBody):
    """Pay by a stored method or by a token that is not kept (IBM-03); an invoice, if named, is paid first.

    More than is owed is taken with `surplus_confirmed` only (C-08).
    """

    amount: Amount
    payment_method_id: Id | None = None
    processor_token: Token | None = None
    invoice_id: Id | None = None
    surplus_confirmed: bool = False


def payment_routes(commands: Commands, reads: ReadPayments) -> SecuredRouter:
    """`Prefer: wait=5` (RFC 7240) has the answer wait so many seconds, ten at most, for the payment to end."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/payments", tags=["payments"])

    @router.post(
        "",
        permission=Permission.PAYMENT_METHODS_MANAGE,
        status_code=202,
        response_model=PaymentState,
        idempotency="required",
        refusals=REFUSALS,
    )
    async def make_one_time_payment(
        account_id: PathId,
        body: OneTimeBody,
        request: Request,
        actor: CurrentActor,
        prefer: Annotated[str | None, Header(description="`wait=5`: wait for the end.", max_length=200)] = None,
    ) -> JSONResponse:
        command = MakeOneTimePayment(
            account_id=account_id,
            minor_units=body.amount.minor_units,
            currency=body.amount.currency,
            payment_method_id=body.payment_method_id,
            processor_token=body.processor_token,
            invoice_id=body.invoice_id,
            surplus_confirmed=body.surplus_confirmed,
        )
        accepted = await run(commands, command, request, actor, status=202)
        seconds = _seconds_to_wait(prefer)
        if not seconds:
            return accepted
        payment = await _rested(reads, actor, account_id, accepted=accepted, seconds=seconds)
        headers = {name: value for name, value in accepted.headers.items() if name.startswith(("saldo-", "idem"))}
        status = 200 if payment.status in RESTING else 202
        return JSONResponse(payment_state(payment), status, {**headers, "Preference-Applied": f"wait={seconds}"})

    @router.get("", permission=Permission.PAYMENT_METHODS_VIEW, response_model=PageOf[PaymentBody])
    async def list_payments(account_id: PathId, actor: CurrentActor, asked: NewestFirst) -> JSONResponse:
        found = await reads.payments(actor, account_id, after=position(asked), limit=asked.fetch)
        return JSONResponse(
            page(found, asked, item=payment_body, cursor=lambda one: (one.requested_at, UUID(one.payment_id)))
        )

    @router.get("/{payment_id}", permission=Permission.PAYMENT_METHODS_VIEW, response_model=PaymentDetailsBody)
    async def read_payment(account_id: PathId, payment_id: PathId, actor: CurrentActor) -> JSONResponse:
        return JSONResponse(payment_details_body(await reads.payment(actor, account_id, payment_id)))

    return router


def _seconds_to_wait(prefer: str | None) -> int:
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*(\d{1,4})", prefer or "", re.IGNORECASE)
    return min(int(found[1]), WAIT_SECONDS_MAX) if found else 0


async def _rested(
    reads: ReadPayments, actor: Actor, account_id: str, *, accepted: JSONResponse, seconds: int
) -> PaymentView:
    """The payment once it has come to rest, or as it is when the time is over."""
    payment_id = str(json.loads(bytes(accepted.body))["payment_id"])
    until = time.monotonic() + seconds
    while True:
        payment = (await reads.payment(actor, account_id, payment_id)).payment
        if payment.status in RESTING or time.monotonic() >= until:
            return payment
        await asyncio.sleep(POLL_SECONDS)
