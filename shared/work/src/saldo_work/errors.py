"""The kinds of error, which alone decide what becomes of a command.

| kind | a message | an HTTP request |
| --- | --- | --- |
| `Refusal`, a service's domain error | recorded, acknowledged | the problem of its code (409 unless mapped) |
| `NotYetKnown` | tried again for a while, then a dead letter | waits up to two seconds, then 409 with Retry-After |
| `Transient` | tried again with back-off | 503 |
| anything else | a dead letter, its key parked | 500, nothing done |
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A rule said no; the refusal is the stored answer of its cause. Subclasses name what is wrong.

    Facts (ids, limits, earliest next time) are given as keyword arguments and travel to the caller.
    """

    def __init__(self, message: str, **facts: str | int | bool | None) -> None:
        super().__init__(message)
        self.facts: Mapping[str, str | int | bool | None] = facts


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it."""


class NotYetKnown(Exception):
    """The command names a thing whose copy has not arrived here yet; nothing was done and nothing is stored."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"{what} {key} is not known here yet")
        self.what = what
        self.key = key


class Transient(Exception):
    """It may work later: nothing was done and nothing is stored."""


class CauseReused(Exception):
    """The same cause (Idempotency-Key) came with another command than the first time."""


class Refused(Exception):
    """What a caller of `Commands.run` gets when a rule said no: the code, the sentence and the facts.

    `code` is the kebab-case name of the error class (`AttemptLimitReached` -> `attempt-limit-reached`).
    """

    def __init__(self, code: str, message: str, facts: Mapping[str, str | int | bool | None]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts
