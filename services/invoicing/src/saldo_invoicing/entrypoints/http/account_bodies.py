"""What requests about accounts may say."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from saldo_contracts.wire import Code, Country, CurrencyCode, Language, PostalCode, Region, TimeZone
from saldo_web import RequestBody, Text

from saldo_invoicing.application.address import Address
from saldo_invoicing.application.open_account import OpenAccount, Preferences
from saldo_invoicing.application.people import Person, copies
from saldo_invoicing.application.replace_invoice_recipients import ReplaceInvoiceRecipients
from saldo_invoicing.application.save_shipping_address import SaveShippingAddress
from saldo_invoicing.application.update_billing_profile import UpdateBillingProfile

EMAIL_PATTERN: Final = r"^[^@\s,<>\x00]{1,64}@[^@\s,<>\x00]{1,189}$"
CC_CHARACTERS_MAX = 2_000  # more than five addresses of the longest kind
RECIPIENTS_SENT_MAX = 20  # the rule of five is the domain's; this only keeps a request small

Email = Annotated[
    str, Field(pattern=EMAIL_PATTERN, max_length=254, description="RFC 5321 limits it to 254 characters.")
]


def _addresses(text: str) -> str:
    if any(not re.fullmatch(EMAIL_PATTERN, person.email) for person in copies(text)):
        raise ValueError("addresses are separated by commas")
    return text


Copies = Annotated[
    str,
    Field(max_length=CC_CHARACTERS_MAX, description="Further addresses, separated by commas (GOTO-26)."),
    AfterValidator(_addresses),
]


class AddressBody(RequestBody):
    """A billing or shipping address."""

    company: Annotated[str, Text(200)] | None = None
    line_1: Annotated[str, Text(200)]
    line_2: Annotated[str, Text(200)] | None = None
    city: Annotated[str, Text(100)]
    postal_code: PostalCode | None = None
    region: Region | None = None
    country: Country

    def address(self) -> Address:
        """As the use cases take it."""
        return Address(
            line_1=self.line_1,
            city=self.city,
            country=self.country,
            line_2=self.line_2,
            postal_code=self.postal_code,
            region=self.region,
            company=self.company,
        )


class ContactBody(RequestBody):
    """The main contact of an account; no language means the account's."""

    name: Annotated[str, Text(200)] | None = None
    email: Email
    language: Language | None = None

    def people(self, cc: str | None) -> tuple[Person, ...]:
        """The contact as primary recipient, and those of the CC field."""
        return (Person(email=self.email, name=self.name, language=self.language, primary=True), *copies(cc))


class OpenAccountBody(RequestBody):
    """A new account at a seller."""

    seller_id: Code
    currency: CurrencyCode
    language: Language
    time_zone: Annotated[TimeZone | None, Field(description="None: the seller's.")] = None
    collection: Literal["automatic", "by_transfer"] = "automatic"
    billing_address: AddressBody | None = None
    billing_contact: ContactBody
    cc: Copies | None = None

    def command(self) -> OpenAccount:
        """The command of this request."""
        return OpenAccount(
            seller_id=self.seller_id,
            currency=self.currency,
            preferences=Preferences(self.language, self.collection, self.time_zone),
            address=self.billing_address.address() if self.billing_address else None,
            people=self.billing_contact.people(self.cc),
        )


class BillingProfileBody(RequestBody):
    """What is to be saved; what is left out stays as it is. The contact with its CC field replaces both."""

    billing_address: AddressBody | None = None
    billing_contact: ContactBody | None = None
    cc: Annotated[Copies | None, Field(description="Counts only together with billing_contact.")] = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    collection: Literal["automatic", "by_transfer"] | None = None

    def command(self, account_id: str) -> UpdateBillingProfile:
        """The command of this request."""
        return UpdateBillingProfile(
            account_id=account_id,
            address=self.billing_address.address() if self.billing_address else None,
            people=self.billing_contact.people(self.cc) if self.billing_contact else None,
            language=self.language,
            time_zone=self.time_zone,
            collection=self.collection,
        )


class ShippingAddressBody(RequestBody):
    """Where devices are sent to; null removes it."""

    shipping_address: AddressBody | None

    def command(self, account_id: str) -> SaveShippingAddress:
        """The command of this request."""
        return SaveShippingAddress(account_id, self.shipping_address.address() if self.shipping_address else None)


class RecipientBody(RequestBody):
    """Somebody who is to get the invoices."""

    name: Annotated[str, Text(200)] | None = None
    email: Email
    language: Language | None = None
    primary: bool = False
    origin: Literal["copy", "administrator"] = "copy"


class RecipientsBody(RequestBody):
    """The whole list: at most five addresses, exactly one primary (C-07)."""

    recipients: Annotated[tuple[RecipientBody, ...], Field(max_length=RECIPIENTS_SENT_MAX)]

    def command(self, account_id: str) -> ReplaceInvoiceRecipients:
        """The command of this request."""
        people = tuple(
            Person(one.email, name=one.name, language=one.language, primary=one.primary, origin=one.origin)
            for one in self.recipients
        )
        return ReplaceInvoiceRecipients(account_id, people)
