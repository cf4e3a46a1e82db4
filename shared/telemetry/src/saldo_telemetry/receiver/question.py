"""What a reader of traces asks for, and the list's one line that answers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

TRACES_SHOWN_MAX: Final = 1_000
ID_CHARACTERS_MIN: Final = 6  # the beginning of an id that people copy; shorter ones would name everything
UPKEEP_NAMES: Final = ("write unit", "publish ")  # traces of the machinery, which serve many causes at once

_ID: Final = re.compile(rf"[0-9a-f-]{{{ID_CHARACTERS_MIN},36}}")
_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`text`: an id or its beginning (payment, account, event, trace), or a part of a span's name.

    `upkeep` shows the machinery's own traces as well. Times are nanoseconds since 1970: traces with a span that ended
    since then, and, to turn pages, traces that started before.
    """

    text: str = ""
    service: str | None = None
    errors_only: bool = False
    payments_only: bool = False
    upkeep: bool = False
    since_ns: int = 0
    before_ns: int | None = None
    limit: int = 100

    @property
    def trace_id(self) -> str | None:
        """The trace that the text names by its whole id."""
        return self._plain if _TRACE_ID.fullmatch(self._plain) else None

    @property
    def id_beginning(self) -> str | None:
        """The text where it looks like an id."""
        return self._plain if _ID.fullmatch(self._plain) else None

    @property
    def words(self) -> str | None:
        """The text where it can only be a part of a name."""
        return None if self.id_beginning or not self._plain else self._plain

    @property
    def _plain(self) -> str:
        return self.text.strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """One line of the list of traces; `name` is that of its first span, the ids are those that its spans name."""

    trace_id: str
    name: str
    services: tuple[str, ...]
    started_ns: int
    ended_ns: int
    spans: int
    errors: int
    payment_ids: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()

    @property
    def milliseconds(self) -> float:
        """From the first start to the last end."""
        return (self.ended_ns - self.started_ns) / 1_000_000
