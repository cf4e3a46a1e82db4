"""Ids that follow from a fact, so that a repeat finds what it made the first time."""

from __future__ import annotations

from uuid import UUID, uuid5


def autopay_payment_id(invoice_id: str) -> str:
    """The one automatic payment of an invoice."""
    return str(uuid5(UUID(invoice_id), "autopay/1"))


def attempt_id(payment_id: str, number: int) -> str:
    """The number-th call to the processor for a payment, from 1; it is the processor's idempotency key."""
    return str(uuid5(UUID(payment_id), str(number)))


def caused_id(cause_id: str, what: str) -> str:
    """The id of what a request creates; the same request creates the same thing."""
    return str(uuid5(_CAUSES, f"{what}|{cause_id}"))


_CAUSES = UUID("5a1d0b11-0000-5000-8000-00000000000a")  # ours, fixed for ever
