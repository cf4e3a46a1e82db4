"""The timer of an invoice rang: the local day after its due date began."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_work import Json

from saldo_invoicing.application.mark_overdue import MarkOverdue


def on_overdue(payload: Mapping[str, Json]) -> MarkOverdue:
    """The command of an overdue timer."""
    return MarkOverdue(account_id=str(payload["account_id"]), invoice_id=str(payload["invoice_id"]))
