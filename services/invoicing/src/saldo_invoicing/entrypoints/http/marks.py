"""How a page's cursor becomes the mark that a list continues after."""

from __future__ import annotations

from datetime import datetime

from saldo_web import PageRequest

from saldo_invoicing.application.read_books import Mark


def mark_of(asked: PageRequest) -> Mark | None:
    """The moment and the id of the last item seen; None for the first page."""
    if asked.after is None:
        return None
    moment, identity = asked.after
    assert isinstance(moment, datetime)  # noqa: S101  # page_request(datetime, UUID) says so; this tells mypy
    return moment, str(identity)
