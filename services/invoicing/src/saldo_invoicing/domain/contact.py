"""People that an account has invoices sent to; the only rows of invoicing that name anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from saldo_invoicing.domain.errors import NotOnePrimary, RecipientTwice, TooManyRecipients
from saldo_invoicing.domain.events import ContactEvent, ContactWasRecorded

RECIPIENTS_MAX = 5  # distinct addresses of one account, the primary included (GOTO-98, C-07)


class Origin(StrEnum):
    """How somebody came onto the list of recipients."""

    PRIMARY = "primary"
    COPY = "copy"
    ADMINISTRATOR = "administrator"


class Role(StrEnum):
    """What a person is to the account."""

    PRIMARY_BILLING = "primary_billing"
    INVOICE_RECIPIENT = "invoice_recipient"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One entry of an account's list of recipients; the person stands in the contact."""

    contact_id: str
    primary: bool
    origin: Origin


@dataclass(slots=True)
class Contact:
    """A person of an account. `contact_version` is what copies compare; it grows with every change that is told."""

    contact_id: str
    account_id: str
    seller_id: str
    name: str | None
    email: str
    language: str | None
    roles: tuple[Role, ...] = ()
    contact_version: int = 0
    version: int = 0
    events: list[ContactEvent] = field(default_factory=list)

    def record(self, *, name: str | None, email: str, language: str | None, roles: tuple[Role, ...]) -> bool:
        """Take over what is known now; whether anything changed, which is then told."""
        known = (self.name, self.email, self.language, self.roles)
        if self.contact_version > 0 and known == (name, email, language, roles):
            return False
        self.name, self.email, self.language, self.roles = name, email, language, roles
        self.contact_version += 1
        self.events.append(ContactWasRecorded())
        return True


def same_address(email: str) -> str:
    """The form in which two addresses are compared: no spaces around, no case."""
    return email.strip().casefold()


def check_recipients(emails: Sequence[str], primaries: int) -> None:
    """Raises TooManyRecipients, RecipientTwice or NotOnePrimary."""
    if len(emails) > RECIPIENTS_MAX:
        raise TooManyRecipients(RECIPIENTS_MAX)
    if len({same_address(email) for email in emails}) < len(emails):
        raise RecipientTwice
    if primaries != 1:
        raise NotOnePrimary(primaries)
