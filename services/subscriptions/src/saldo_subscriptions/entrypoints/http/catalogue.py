"""GET /v1/catalogue: what a seller offers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, SecuredRouter
from saldo_work import ActorKind, NotFound
from starlette.responses import JSONResponse

from saldo_subscriptions.application.ports import Catalogue
from saldo_subscriptions.entrypoints.http.views import CatalogueBody, catalogue_body

SellerParameter = Annotated[str, Query(pattern="^[a-z0-9][a-z0-9._-]{0,63}$", description="The seller's code.")]


def catalogue_routes(catalogue: Catalogue) -> SecuredRouter:
    """The seller must be one that the caller may act for; another is 404."""
    router = SecuredRouter(prefix="/v1/catalogue", tags=["catalogue"])

    @router.get("", permission=Permission.SUBSCRIPTIONS_VIEW, response_model=CatalogueBody, refusals=["not-found"])
    async def read_catalogue(seller_id: SellerParameter, actor: CurrentActor) -> JSONResponse:
        seller = catalogue.seller(seller_id)
        if seller is None or not (actor.kind is ActorKind.SYSTEM or seller_id in actor.sellers):
            raise NotFound(f"there is no seller {seller_id}")
        return JSONResponse(catalogue_body(seller).model_dump(mode="json"))

    return router
