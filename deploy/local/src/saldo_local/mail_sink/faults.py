"""What the mail sink does wrong on request, so that delivery can be tested against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

SLOW_MS_MAX = 600_000


@dataclass(slots=True)
class Faults:
    """All off at first. Counted faults count down with each mail they hit and then end.

    refuse_next / refuse_code: the next k recipients are answered with this SMTP code (4xx try later, 5xx never).
    refuse_to: refuse only this address. slow_ms: every mail waits so long before its answer. drop_next: the next k
    connections are cut after the mail's data, without an answer; drop_keeps says whether that mail was taken all the
    same (the sender cannot know). greylist: each (sender, recipient) pair is told 451 at its first try.
    """

    refuse_next: int = 0
    refuse_code: int = 451
    refuse_to: str = ""
    slow_ms: int = 0
    drop_next: int = 0
    drop_keeps: bool = False
    greylist: bool = False
    _greeted: set[tuple[str, str]] = field(default_factory=set)

    @staticmethod
    def from_json(wanted: Mapping[str, object]) -> Faults:
        """Raises ValueError that names the wrong field."""
        faults = Faults()
        for name, value in wanted.items():
            if name.startswith("_") or not hasattr(faults, name):
                raise ValueError(f"unknown fault {name!r}")
            if type(value) is not type(getattr(faults, name)):
                raise ValueError(f"{name} must be a {type(getattr(faults, name)).__name__}")
            setattr(faults, name, value)
        if not 400 <= faults.refuse_code <= 599:
            raise ValueError("refuse_code must be 400..599")
        if not 0 <= faults.slow_ms <= SLOW_MS_MAX:
            raise ValueError(f"slow_ms must be 0..{SLOW_MS_MAX}")
        return faults

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}

    def refusal(self, sender: str, recipient: str) -> str | None:
        """The SMTP answer to this recipient, or None to accept."""
        if self.refuse_next > 0 and self.refuse_to.lower() in ("", recipient.lower()):
            self.refuse_next -= 1
            kind = "4.3.0 try again later" if self.refuse_code < 500 else "5.1.1 not accepted here"
            return f"{self.refuse_code} {kind}"
        if self.greylist and (sender, recipient) not in self._greeted:
            self._greeted.add((sender, recipient))
            return "451 4.7.1 greylisted, come back"
        return None

    def drops_this(self) -> bool:
        if self.drop_next <= 0:
            return False
        self.drop_next -= 1
        return True
