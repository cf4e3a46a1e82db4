"""The cursor of lists that are ordered by a moment and an id, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Depends
from saldo_web import PageRequest, page_request

NewestFirst: TypeAlias = Annotated[PageRequest, Depends(page_request(datetime, UUID))]


def position(asked: PageRequest) -> tuple[datetime, str] | None:
    """Where the page before ended; the cursor's types are checked by then."""
    if asked.after is None:
        return None
    moment, last = asked.after
    return (moment, str(last)) if isinstance(moment, datetime) else None
