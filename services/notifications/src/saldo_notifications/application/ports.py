"""What the use cases need of the outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from saldo_notifications.domain.answers import ServerAnswer


class MachineClock(Protocol):
    """Machine time: leases, back-off and waiting follow it and never business time."""

    def now(self) -> datetime:
        """Aware, UTC."""


class Sellers(Protocol):
    """What is the seller's own about a message: its languages here, its name and looks behind `Letters`."""

    def language(self, seller_id: str, *wishes: str | None) -> str:
        """The first wish that there are texts for, else the seller's own language. A wish is a BCP 47 tag."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is needed to write a mail: the fact as it was told, to whom, in which language, on behalf of whom."""

    notice_id: str
    seller_id: str
    event_type: str
    facts: str
    template: str
    language: str
    account_number: str
    time_zone: str
    name: str | None
    email: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished mail; the same letter gives the same bytes, Message-ID and boundaries included."""

    message_id: str
    sender: str
    recipient: str
    content: bytes


class LetterFaulty(Exception):
    """The mail cannot be written: a template or a seller's data do not fit the fact."""


class AddressUnusable(Exception):
    """No mail can be sent to the recipient's address, whatever a server says."""


class Letters(Protocol):
    """Writes mails."""

    def write(self, letter: Letter) -> Mail:
        """Pure. Raises LetterFaulty or AddressUnusable, whose texts hold no personal data."""


class Mailer(Protocol):
    """Hands a mail to the mail server."""

    async def send(self, mail: Mail) -> ServerAnswer:
        """The server's last answer, or its silence; never raises for what the server or the network does.

        Ends within the timeout of the settings, and never gives the same mail to the server twice in one call.
        """


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A line of the delivery log: the proof of what became of a notice. No name, no address."""

    notice_id: str
    account_id: str
    seller_id: str
    event_id: str
    event_type: str
    contact_id: str | None
    channel: str
    template: str
    language: str | None
    state: str
    attempts: int
    doubtful_attempts: int
    failure: str | None
    answer_code: int | None
    answer_text: str | None
    message_id: str | None
    composed_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None


class NoticeLog(Protocol):
    """Reads the delivery log; loads no aggregate."""

    async def seller_of(self, account_id: str) -> str | None:
        """None where no such account was told."""

    async def of_account(
        self, account_id: str, *, state: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[NoticeView]:
        """Newest first, from behind the notice that was composed then and has this id."""

    async def one(self, account_id: str, notice_id: str) -> NoticeView | None:
        """None where this account has no such notice."""
