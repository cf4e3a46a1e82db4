"""/v1/accounts/{account_id}/payment-methods: cards on file, and which one is charged."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Request
from pydantic import Field
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, PageOf, PathId, Problem, RequestBody, SecuredRouter, Text, page, run
from saldo_web.idempotency import cause_of, request_key_of
from saldo_work import Commands
from starlette.responses import JSONResponse

from saldo_payments.application.choose_default import ChooseDefault
from saldo_payments.application.read_payments import ReadPayments
from saldo_payments.application.remove_payment_method import RemovePaymentMethod
from saldo_payments.application.submit_payment_method import GivenContact, SubmitPaymentMethod
from saldo_payments.domain.method_states import MethodRejection, MethodStatus
from saldo_payments.domain.payment_method import CardFace
from saldo_payments.domain.terms import CollectionTerms
from saldo_payments.entrypoints.http.paging import NewestFirst, position
from saldo_payments.entrypoints.http.views import DefaultBody, MethodAccepted, MethodBody, MethodState, method_body

MANAGE, VIEW = Permission.PAYMENT_METHODS_MANAGE, Permission.PAYMENT_METHODS_VIEW
EMAIL_CHARACTERS_MAX = 254  # RFC 5321
Token = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,255}$", description="The processor's name of the card.")]


class CardBody(RequestBody):
    """What is printed on the card, as the processor's page tells it; never its number."""

    brand: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]
    last_four: Annotated[str, Field(pattern="^[0-9]{4}$")]
    expiry_year: Annotated[int, Field(strict=True, ge=2000, le=9999)]
    expiry_month: Annotated[int, Field(strict=True, ge=1, le=12)]


class ContactBody(RequestBody):
    """The person of the card's billing address: who is told of the card (C-11)."""

    name: Annotated[str, Text(200)] | None = None
    email: Annotated[str, Field(pattern=r"^[^@\s\x00]+@[^@\s\x00]+$", min_length=3, max_length=EMAIL_CHARACTERS_MAX)]
    language: Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z]{2})?$")] | None = None


class SubmitBody(RequestBody):
    """A card, by its token; every part but the default's wish is required (GOTO-44)."""

    processor_token: Token
    card: CardBody
    contact: ContactBody
    make_default: bool = False


def payment_method_routes(commands: Commands, reads: ReadPayments, terms: CollectionTerms) -> SecuredRouter:
    """Cards are handed in, listed, chosen and removed; the check itself runs behind."""
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/payment-methods", tags=["payment methods"])

    @router.post(
        "",
        permission=MANAGE,
        status_code=202,
        response_model=MethodAccepted,
        idempotency="required",
        refusals=["method-limit-reached", "brand-not-accepted"],
    )
    async def submit_payment_method(
        account_id: PathId, body: SubmitBody, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        answered = await commands.run(
            _submission(account_id, body), cause_of(request, actor), request_key=request_key_of(request, actor)
        )
        return _submitted(dict(answered.body or {}), terms, repeated=answered.repeated)

    @router.get("", permission=VIEW, response_model=PageOf[MethodBody])
    async def list_payment_methods(account_id: PathId, actor: CurrentActor, asked: NewestFirst) -> JSONResponse:
        found = await reads.methods(actor, account_id, after=position(asked), limit=asked.fetch)
        return JSONResponse(
            page(
                found,
                asked,
                item=method_body,
                cursor=lambda method: (method.submitted_at, UUID(method.payment_method_id)),
            )
        )

    @router.get("/{method_id}", permission=VIEW, response_model=MethodBody)
    async def read_payment_method(account_id: PathId, method_id: PathId, actor: CurrentActor) -> JSONResponse:
        return JSONResponse(method_body(await reads.method(actor, account_id, method_id)))

    @router.put("/{method_id}/default", permission=MANAGE, response_model=DefaultBody, refusals=["method-not-usable"])
    async def choose_default(
        account_id: PathId, method_id: PathId, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        command = ChooseDefault(account_id=account_id, payment_method_id=method_id)
        return await run(commands, command, request, actor)

    @router.delete(
        "/{method_id}",
        permission=MANAGE,
        response_model=MethodState,
        refusals=["last-method-needed", "illegal-transition"],
    )
    async def remove_payment_method(
        account_id: PathId, method_id: PathId, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        command = RemovePaymentMethod(account_id=account_id, payment_method_id=method_id)
        return await run(commands, command, request, actor)

    return router


def _submission(account_id: str, body: SubmitBody) -> SubmitPaymentMethod:
    return SubmitPaymentMethod(
        account_id=account_id,
        processor_token=body.processor_token,
        card=CardFace(
            brand=body.card.brand,
            last_four=body.card.last_four,
            expiry_year=body.card.expiry_year,
            expiry_month=body.card.expiry_month,
        ),
        contact=GivenContact(name=body.contact.name, email=body.contact.email, language=body.contact.language),
        make_default=body.make_default,
    )


def _submitted(answer: dict[str, object], terms: CollectionTerms, *, repeated: bool) -> JSONResponse:
    """A refusal at the door was told to everybody, so it is an answer of the command and not an error of it."""
    headers = {"Saldo-Version": str(answer.pop("_version"))}
    if repeated:
        headers["Idempotency-Replayed"] = "true"
    rejection = answer.pop("rejection")
    facts = {"payment_method_id": str(answer["payment_method_id"])}
    if rejection == MethodRejection.LIMIT_REACHED.value:
        detail = f"An account holds at most {terms.cards_max} cards."
        raise Problem(409, "method-limit-reached", detail, facts={**facts, "limit": terms.cards_max}, headers=headers)
    if answer["status"] == MethodStatus.REJECTED.value:
        detail = f"Cards of this brand are not accepted; accepted are: {', '.join(sorted(terms.card_brands))}."
        raise Problem(422, "brand-not-accepted", detail, facts={**facts, "field": "card.brand"}, headers=headers)
    return JSONResponse(answer, 202, headers)
