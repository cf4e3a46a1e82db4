"""The delivery log of an account: what was told to whom, and the mail server's answer as the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from saldo_contracts.permissions import Permission
from saldo_web import CurrentActor, PageOf, PageRequest, PathId, SecuredRouter, page, page_request, run
from saldo_work import Commands, Json

from saldo_notifications.application.ports import NoticeView
from saldo_notifications.application.read_notices import ReadNotices
from saldo_notifications.application.retry_notice import RetryNotice


class ServerAnswer(BaseModel):
    """The mail server's last reply (RFC 5321); code is null where it gave none. Addresses are taken out of the text."""

    code: int | None
    text: str


class NoticeShown(BaseModel):
    """One fact told to one recipient on one channel."""

    notice_id: str
    account_id: str
    event_id: Annotated[str, Field(description="The fact that is told: its ce_id.")]
    event_type: str
    contact_id: Annotated[str | None, Field(description="Null while the account has told of no recipient.")]
    channel: Literal["email"]
    template: str
    language: Annotated[str | None, Field(description="Of the last delivery; null before the first.")]
    state: Literal["queued", "claimed", "waiting_for_contact", "sent", "failed"]
    attempts: int
    doubtful_attempts: Annotated[int, Field(description="Cut off before an answer: these may have arrived as well.")]
    failure: Annotated[str | None, Field(description="Why the last try failed.")]
    server_answer: ServerAnswer | None
    message_id: Annotated[str | None, Field(description="The mail's Message-ID, the same in every attempt.")]
    composed_at: datetime
    sent_at: datetime | None
    next_try_at: Annotated[datetime | None, Field(description="Machine time.")]


class NoticeRetried(BaseModel):
    notice_id: str
    state: Literal["queued", "waiting_for_contact"]


def notice_routes(commands: Commands, notices: ReadNotices) -> SecuredRouter:
    router = SecuredRouter(prefix="/v1/accounts/{account_id}/notices", tags=["notices"])

    @router.get("", permission=Permission.BILLING_INFORMATION_VIEW, response_model=PageOf[NoticeShown])
    async def list_notices(
        account_id: PathId,
        actor: CurrentActor,
        asked: Annotated[PageRequest, Depends(page_request(datetime, UUID))],
        state: Annotated[
            Literal["queued", "claimed", "waiting_for_contact", "sent", "failed"] | None,
            Query(description="Only notices in this state."),
        ] = None,
    ) -> JSONResponse:
        """The delivery log, newest first."""
        rows = await notices.page(actor, account_id, state=state, after=_place(asked), limit=asked.fetch)
        return JSONResponse(page(rows, asked, item=shown, cursor=lambda row: (row.composed_at, UUID(row.notice_id))))

    @router.get("/{notice_id}", permission=Permission.BILLING_INFORMATION_VIEW, response_model=NoticeShown)
    async def get_notice(account_id: PathId, notice_id: PathId, actor: CurrentActor) -> JSONResponse:
        """One notice with its proof."""
        return JSONResponse(shown(await notices.one(actor, account_id, notice_id)))

    @router.post(
        "/{notice_id}/retry",
        permission=Permission.SERVICE_OVERRIDE,
        status_code=202,
        response_model=NoticeRetried,
        idempotency="required",
        refusals=["illegal-transition", "recipient-erased"],
    )
    async def retry_notice(
        account_id: PathId, notice_id: PathId, request: Request, actor: CurrentActor
    ) -> JSONResponse:
        """Send a failed notice after all, under its old Message-ID, to the recipient's present address."""
        return await run(commands, RetryNotice(account_id, notice_id), request, actor, status=202)

    return router


def shown(view: NoticeView) -> dict[str, Json]:
    answered = view.answer_text is not None
    return {
        "notice_id": view.notice_id,
        "account_id": view.account_id,
        "event_id": view.event_id,
        "event_type": view.event_type,
        "contact_id": view.contact_id,
        "channel": view.channel,
        "template": view.template,
        "language": view.language,
        "state": view.state,
        "attempts": view.attempts,
        "doubtful_attempts": view.doubtful_attempts,
        "failure": view.failure,
        "server_answer": {"code": view.answer_code, "text": view.answer_text} if answered else None,
        "message_id": view.message_id,
        "composed_at": _instant(view.composed_at),
        "sent_at": None if view.sent_at is None else _instant(view.sent_at),
        "next_try_at": None if view.next_try_at is None else _instant(view.next_try_at),
    }


def _place(asked: PageRequest) -> tuple[datetime, str] | None:
    match asked.after:
        case (datetime() as composed_at, UUID() as notice_id):
            return composed_at, str(notice_id)
        case _:
            return None


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
