"""What this service must know of an account in order to write to its people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets the account's invoices; one of them is primary."""

    contact_id: str
    primary: bool


@dataclass(slots=True)
class Account:
    """A copy fed by invoicing's snapshots; profile and recipients come in different events, so each has its version."""

    account_id: str
    seller_id: str
    number: str
    language: str
    time_zone: str
    billing_contact_id: str | None
    profile_version: int
    recipients: tuple[Recipient, ...] = ()
    recipients_version: int = -1
    version: int = 0

    def invoice_recipients(self) -> tuple[str, ...]:
        """Contact ids; while no list was told, the profile's contact alone."""
        listed = tuple(dict.fromkeys(recipient.contact_id for recipient in self.recipients))
        return listed or self.primary()

    def primary(self) -> tuple[str, ...]:
        """The one who answers for the account: the profile's contact, else the primary recipient, else any of them.

        Empty only where the account has told of nobody, as with `invoice_recipients`.
        """
        if self.billing_contact_id is not None:
            return (self.billing_contact_id,)
        primary_first = sorted(self.recipients, key=lambda recipient: not recipient.primary)
        return tuple(recipient.contact_id for recipient in primary_first)[:1]
