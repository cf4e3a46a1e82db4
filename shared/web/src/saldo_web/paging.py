"""Pages of a list by cursor: the reader gets an opaque mark of the last item and asks for what follows it."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Generic, TypeAlias, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field
from saldo_work import Json

from saldo_web.problems import Problem
from saldo_web.wire import INT64_MAX, INT64_MIN

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200
CURSOR_CHARACTERS_MAX: Final = 1_000

Part: TypeAlias = str | int | datetime | uuid.UUID
Item = TypeVar("Item")
Model = TypeVar("Model")


class PageOf(BaseModel, Generic[Model]):
    """The documented shape of a page: `response_model=PageOf[PaymentView]`."""

    items: list[Model]
    next: Annotated[str | None, Field(description="Give it as `after` to get the next page; null on the last one.")]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for. `after` holds the cursor's parts in their declared types, None for the first page."""

    limit: int
    after: tuple[Part, ...] | None

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown, which tells whether there is a next page."""
        return self.limit + 1


def page_request(*kinds: type[str] | type[int] | type[datetime] | type[uuid.UUID]) -> Callable[..., PageRequest]:
    """The dependency of a list ordered by columns of these types:

    `page: Annotated[PageRequest, Depends(page_request(datetime, uuid.UUID))]`. A cursor that does not hold them is
    answered 422 naming the parameter `after`.
    """

    def read(
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT,
        after: Annotated[
            str | None, Query(max_length=CURSOR_CHARACTERS_MAX, description="`next` of the page before.")
        ] = None,
    ) -> PageRequest:
        return PageRequest(limit, None if after is None else _decode(after, kinds))

    return read


def page(
    rows: Sequence[Item],
    request: PageRequest,
    *,
    item: Callable[[Item], Json],
    cursor: Callable[[Item], tuple[Part, ...]],
) -> dict[str, Json]:
    """The body of the answer from the rows read by `request.fetch`; `cursor` names the ordering columns of a row."""
    shown = rows[: request.limit]
    following = encode_cursor(*cursor(shown[-1])) if len(rows) > request.limit else None
    return {"items": [item(row) for row in shown], "next": following}


def encode_cursor(*parts: Part) -> str:
    """An opaque cursor; moments must be aware."""
    plain = [part.isoformat() if isinstance(part, datetime) else _plain(part) for part in parts]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _plain(part: str | int | uuid.UUID) -> str | int:
    return str(part) if isinstance(part, uuid.UUID) else part


def _decode(cursor: str, kinds: Sequence[type]) -> tuple[Part, ...]:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = json.loads(raw)
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError("another number of parts")
        return tuple(_part(value, kind) for value, kind in zip(parts, kinds, strict=True))
    except (ValueError, OverflowError, RecursionError):
        error = {"parameter": "after", "rule": "cursor", "detail": "not a cursor of this list"}
        raise Problem(422, "invalid-request", "The request breaks the rules named in errors.", errors=[error]) from None


def _part(value: object, kind: type) -> Part:
    if kind is int:
        if type(value) is int and INT64_MIN <= value <= INT64_MAX:
            return value
        raise ValueError("not a whole number")
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("not a text")
    value.encode("utf-8")  # a lone surrogate is no character that could be stored
    if kind is datetime:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("not a moment")
        return moment.astimezone(UTC)
    return uuid.UUID(value) if kind is uuid.UUID else value
