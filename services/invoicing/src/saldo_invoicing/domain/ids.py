"""Ids that follow from a fact, so that a repeat of the fact gives the same id."""

from __future__ import annotations

from uuid import UUID, uuid5

_ROOT = UUID("5a1d0000-0000-5000-8000-696e766f6963")  # the namespace of what is not derived from a UUID


def derived_id(fact_id: str, what: str) -> str:
    """The lower-case UUID v5 of something that follows from a fact; `what` tells its consequences apart."""
    try:
        namespace = UUID(fact_id)
    except ValueError:
        namespace = uuid5(_ROOT, fact_id)
    return str(uuid5(namespace, what))
