"""/v1/webhooks/stripe: what the processor tells by itself, with the same effect as an answer to a call."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Request
from pydantic import BaseModel
from saldo_messaging.failpoints import hit
from saldo_telemetry import current_trace, logger
from saldo_web import Problem, Public, SecuredRouter
from saldo_work import Cause, Commands, NotYetKnown, Refused, RequestKey, system_actor
from starlette.responses import JSONResponse

from saldo_payments.application.ports import BadSignature, ProcessorMail

ROUTE = "POST /v1/webhooks/stripe"
CALLER = "stripe"
BODY_BYTES_MAX = 256_000  # an event with one object; Stripe's largest stay below 100 kB

_log = logger(__name__)


class ReceivedBody(BaseModel):
    received: bool


def webhook_routes(commands: Commands, mail: ProcessorMail) -> SecuredRouter:
    """Answered as soon as it stands in the books; a repeat of an event id does nothing."""
    router = SecuredRouter(tags=["webhooks"])

    @router.post(
        "/v1/webhooks/stripe",
        permission=Public("the processor proves itself by its signature over the raw body"),
        response_model=ReceivedBody,
        idempotency="none",
        body_bytes_max=BODY_BYTES_MAX,
    )
    async def receive_stripe_webhook(
        request: Request, stripe_signature: Annotated[str | None, Header(max_length=2_000)] = None
    ) -> JSONResponse:
        try:
            news = mail.read(await request.body(), stripe_signature)
        except BadSignature:
            raise Problem(400, "signature-invalid", "The signature does not fit the body.") from None
        if news.command is not None:
            hit("webhook.before-run")
            await _run(commands, news.command, news.news_id)
            hit("webhook.before-answer")
        return JSONResponse({"received": True})

    return router


async def _run(commands: Commands, command: object, news_id: str) -> None:
    """News of something that is not ours (another installation on the same processor account) is taken and passed."""
    traceparent, tracestate = current_trace()
    cause = Cause(cause_id=news_id, actor=system_actor(CALLER), traceparent=traceparent, tracestate=tracestate)
    try:
        await commands.run(command, cause, request_key=RequestKey(caller=CALLER, route=ROUTE, key=news_id))
    except (Refused, NotYetKnown) as error:
        _log.warning("news of the processor had no effect", command=type(command).__name__, error=type(error).__name__)
