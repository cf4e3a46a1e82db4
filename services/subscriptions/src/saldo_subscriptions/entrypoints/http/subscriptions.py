"""/v1/accounts/{account_id}/subscriptions: order a plan, see what runs."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import Field
from saldo_contracts.permissions import Permission
from saldo_contracts.wire import Code, Id
from saldo_web import (
    CurrentActor,
    PageOf,
    PageRequest,
    PathId,
    Problem,
    RequestBody,
    SecuredRouter,
    cause_of,
    page,
    page_request,
    request_key_of,
)
from saldo_work import Answered, Commands
from starlette.responses import JSONResponse

from saldo_subscriptions.application.read_accounts import AccountQueries
from saldo_subscriptions.application.start_subscription import StartSubscription
from saldo_subscriptions.domain.order import OrderStatus, Rejection
from saldo_subscriptions.entrypoints.http.views import SubscriptionBody, subscription_body

QUANTITY_MAX = 100_000  # keeps a line total far below what an amount holds

# What a person is told; programs branch on the code, which is the reason with hyphens.
SENTENCES = {
    Rejection.UNKNOWN_PLAN: "Nobody offers this plan.",
    Rejection.PLAN_OF_ANOTHER_SELLER: "The account's seller does not offer this plan.",
    Rejection.CURRENCY_NOT_PRICED: "The plan has no price in the account's currency.",
    Rejection.ACCOUNT_CLOSED: "The account is closed.",
    Rejection.UNPAID_INVOICES: "Everything that is unpaid has to be paid first.",
    Rejection.OVERDUE: "Overdue invoices have to be paid first.",
    Rejection.NO_PAYMENT_METHOD: "The account needs an active card or connected account first.",
    Rejection.TOO_MANY_SUBSCRIPTIONS: "The account has as many subscriptions as it can have.",
}


class OrderBody(RequestBody):
    """What is ordered; `starts_on` is a day of the account's zone, today where it is left out."""

    plan: Code
    quantity: Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)] = 1
    starts_on: date | None = None


class OrderedBody(RequestBody):
    """An order that was placed."""

    status: str
    order_id: Id
    subscription_id: Id
    subscription_status: str
    starts_on: date


def subscription_routes(commands: Commands, queries: AccountQueries) -> SecuredRouter:
    """Order, list, read."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/subscriptions", tags=["subscriptions"])

    @router.post(
        "",
        permission=Permission.SUBSCRIPTIONS_MANAGE,
        status_code=201,
        response_model=OrderedBody,
        idempotency="required",
        refusals=[code_of(rejection) for rejection in Rejection] + ["start-out-of-range"],
    )
    async def start_subscription(
        account_id: PathId, body: OrderBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        command = StartSubscription(
            account_id=account_id, plan_code=body.plan, quantity=body.quantity, starts_on=body.starts_on
        )
        key = request_key_of(request, actor)
        return _answer(await commands.run(command, cause_of(request, actor), request_key=key))

    @router.get("", permission=Permission.SUBSCRIPTIONS_VIEW, response_model=PageOf[SubscriptionBody])
    async def list_subscriptions(
        account_id: PathId, actor: CurrentActor, asked: Annotated[PageRequest, Depends(page_request(UUID))]
    ) -> JSONResponse:
        after = str(asked.after[0]) if asked.after else None
        views = await queries.subscriptions(actor, account_id, after=after, limit=asked.fetch)
        return JSONResponse(
            page(
                views,
                asked,
                item=lambda view: subscription_body(view).model_dump(mode="json"),
                cursor=lambda view: (UUID(view.subscription.subscription_id),),
            )
        )

    @router.get("/{subscription_id}", permission=Permission.SUBSCRIPTIONS_VIEW, response_model=SubscriptionBody)
    async def read_subscription(account_id: PathId, subscription_id: PathId, actor: CurrentActor) -> JSONResponse:
        view = await queries.subscription(actor, account_id, subscription_id)
        return JSONResponse(subscription_body(view).model_dump(mode="json"))

    return router


def code_of(rejection: Rejection) -> str:
    """The problem code of a refused order."""
    return rejection.value.replace("_", "-")


def _answer(answered: Answered) -> JSONResponse:
    """201, or the problem that a recorded refusal is; a repeat gets the first answer again."""
    body = dict(answered.body or {})
    headers = {"Saldo-Version": str(body.pop("_version"))}
    if answered.repeated:
        headers["Idempotency-Replayed"] = "true"
    if body["status"] == OrderStatus.PLACED.value:
        return JSONResponse(body, 201, headers)
    rejection = Rejection(str(body.pop("rejection")))
    del body["status"]
    facts = {name: value for name, value in body.items() if isinstance(value, str | int)}
    raise Problem(409, code_of(rejection), SENTENCES[rejection], facts=facts, headers=headers)
