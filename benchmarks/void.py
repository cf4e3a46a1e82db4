"""When a measurement does not count."""

from __future__ import annotations


class Void(Exception):
    """The effects are not what was asked for, or the yardstick is not honest: there is no figure. The text says why."""


def require(holds: bool, why: str) -> None:
    """Raises Void with this sentence unless it holds."""
    if not holds:
        raise Void(why)
