"""A person who can be told something: the only place of this service where a name or an address stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Contact:
    """A copy of what the contact's owner last told.

    KNOWN (address, perhaps a name) -> ERASED (neither, for ever: a later snapshot that was told before the erasure
    must not bring the person back).
    """

    contact_id: str
    account_id: str
    seller_id: str
    email: str | None
    name: str | None
    language: str | None
    snapshot_version: int
    erased_at: datetime | None = None
    version: int = 0

    @property
    def erased(self) -> bool:
        return self.erased_at is not None

    def is_news(self, snapshot_version: int) -> bool:
        """Whether a snapshot of this version says anything that the copy does not know."""
        return not self.erased and snapshot_version > self.snapshot_version

    def erase(self, *, at: datetime, snapshot_version: int) -> None:
        """Forget the person; a repeat changes nothing."""
        self.email = self.name = self.language = None
        self.erased_at = self.erased_at or at
        self.snapshot_version = max(self.snapshot_version, snapshot_version)
