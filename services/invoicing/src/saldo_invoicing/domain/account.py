"""The billing account: who is billed where and how, and a snapshot of what it owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from saldo_money import Money

from saldo_invoicing.domain.contact import Recipient, Role
from saldo_invoicing.domain.due_dates import zone
from saldo_invoicing.domain.dunning import DunningState
from saldo_invoicing.domain.events import (
    AccountEvent,
    AccountWasOpened,
    ProfilePart,
    ProfileWasSaved,
    RecipientsWereReplaced,
    ShippingWasSaved,
)


class Collection(StrEnum):
    """How the account pays: charged by us, or by wire and cheque (contract accounts, C-02)."""

    AUTOMATIC = "automatic"
    BY_TRANSFER = "by_transfer"


class AccountStatus(StrEnum):
    """An account is opened once; closing one is not built yet."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LateFee:
    """A fee that an overdue invoice cost and no document carries yet; amounts in minor units of the account."""

    late_fee_id: str
    invoice_id: str
    number: str
    due_on: date
    total_minor_units: int
    fee_minor_units: int


@dataclass(frozen=True, slots=True)
class Profile:
    """The part of an account that its people may change; the street lines stand apart, in BillingAddress."""

    language: str
    time_zone: str
    country: str | None
    region: str | None
    postal_code: str | None
    address_fingerprint: str | None
    collection: Collection


@dataclass(slots=True)
class BillingAddress:
    """Company and street lines of an account; personal data, in no event, erased with the account's people."""

    account_id: str
    company: str | None
    line_1: str
    line_2: str | None
    city: str
    postal_code: str | None
    region: str | None
    country: str
    version: int = 0
    events: list[AccountEvent] = field(default_factory=list)


@dataclass(slots=True)
class ShippingAddress(BillingAddress):
    """Where devices are sent to; needed only when some are bought (GOTO-30)."""


@dataclass(slots=True)
class Account:
    """An account has one seller, one currency and one number for life.

    `profile_version` and `ledger_version` are what copies of the profile and of the balance compare; `documents` counts
    what was issued. The balance is
    kept by Receivables: open = what is open on all its invoices, credit = what no invoice needed yet,
    overdue = the part of open that is late; the journal proves all three.
    """

    account_id: str
    seller_id: str
    number: str
    currency: str
    opened_at: datetime
    status: AccountStatus
    language: str
    time_zone: str
    country: str | None
    region: str | None
    postal_code: str | None
    address_fingerprint: str | None
    collection: Collection
    recipients: tuple[Recipient, ...]
    open: Money
    credit: Money
    overdue: Money
    dunning: DunningState = DunningState.CLEAR
    oldest_overdue_due_on: date | None = None
    oldest_overdue_invoice_id: str | None = None
    late_fees: tuple[LateFee, ...] = ()
    documents: int = 0
    profile_version: int = 1
    ledger_version: int = 0
    version: int = 0
    events: list[AccountEvent] = field(default_factory=list)

    @property
    def balance(self) -> Money:
        """What is owed, less credit; negative when there is more credit than debt."""
        return self.open - self.credit

    @property
    def billing_contact_id(self) -> str | None:
        """The primary recipient."""
        return next((recipient.contact_id for recipient in self.recipients if recipient.primary), None)

    def save_profile(self, profile: Profile, also_changed: tuple[ProfilePart, ...] = ()) -> None:
        """Take over the profile and tell it, saved unchanged or not. Raises UnknownTimeZone."""
        zone(profile.time_zone)
        changed = (*self._changed_by(profile), *also_changed)
        for name in Profile.__dataclass_fields__:
            setattr(self, name, getattr(profile, name))
        self.profile_version += 1
        self.events.append(ProfileWasSaved(tuple(dict.fromkeys(changed))))

    def _changed_by(self, profile: Profile) -> tuple[ProfilePart, ...]:
        address = ("country", "region", "postal_code", "address_fingerprint")
        parts = {
            ProfilePart.LANGUAGE: ("language",),
            ProfilePart.TIME_ZONE: ("time_zone",),
            ProfilePart.BILLING_ADDRESS: address,
            ProfilePart.COLLECTION: ("collection",),
        }
        return tuple(
            part
            for part, names in parts.items()
            if any(getattr(self, name) != getattr(profile, name) for name in names)
        )

    def replace_recipients(self, recipients: tuple[Recipient, ...]) -> bool:
        """Take over a checked list; whether it is another one, which is then told."""
        if recipients == self.recipients:
            return False
        self.recipients = recipients
        self.profile_version += 1
        self.events.append(RecipientsWereReplaced())
        return True

    def ship_to(self, country: str | None) -> None:
        """Tell that there is, or with None is no longer, a place to ship devices to (GOTO-31)."""
        self.profile_version += 1
        self.events.append(ShippingWasSaved(country))

    def roles_of(self, contact_id: str) -> tuple[Role, ...]:
        """What a person is to the account by its list of recipients."""
        for recipient in self.recipients:
            if recipient.contact_id == contact_id:
                first = (Role.PRIMARY_BILLING,) if recipient.primary else ()
                return (*first, Role.INVOICE_RECIPIENT)
        return ()

    @property
    def profile(self) -> Profile:
        """The profile as it stands."""
        return Profile(**{name: getattr(self, name) for name in Profile.__dataclass_fields__})


def opened(
    account_id: str,
    seller_id: str,
    *,
    number: str,
    currency: str,
    profile: Profile,
    recipients: tuple[Recipient, ...],
    at: datetime,
) -> Account:
    """A new account that owes nothing. Raises UnknownTimeZone."""
    zone(profile.time_zone)
    nothing = Money(0, currency)
    account = Account(
        account_id=account_id,
        seller_id=seller_id,
        number=number,
        currency=currency,
        opened_at=at,
        status=AccountStatus.OPEN,
        language=profile.language,
        time_zone=profile.time_zone,
        country=profile.country,
        region=profile.region,
        postal_code=profile.postal_code,
        address_fingerprint=profile.address_fingerprint,
        collection=profile.collection,
        recipients=recipients,
        open=nothing,
        credit=nothing,
        overdue=nothing,
    )
    account.events.append(AccountWasOpened())
    return account
