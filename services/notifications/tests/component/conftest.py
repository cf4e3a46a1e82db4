"""The service from its bootstrap on a real database, broker and mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from saldo_contracts.events import (
    AccountOpened,
    AccountStatus,
    Collection,
    ContactChanged,
    ContactErased,
    ContactRole,
    Event,
    InvoiceRecipientsChanged,
    Recipient,
    RecipientOrigin,
)
from saldo_contracts.examples import example_of
from saldo_local.stack import Stack
from saldo_notifications.bootstrap import build
from saldo_notifications.settings import Settings
from saldo_testkit.harness import Harness

NEIGHBOURS = ("payments", "invoicing", "subscriptions", "portal")
RETRY_DELAYS_SECONDS = (0.05, 0.05, 0.05)
CONTACT_WAIT_SECONDS = 2.0


@pytest.fixture(scope="module")
async def service(
    process_settings: Callable[[str], Awaitable[dict[str, Any]]], mail_sink: Stack
) -> AsyncIterator[Harness]:
    settings = Settings(
        **await process_settings("notifications"),
        smtp_host=mail_sink.smtp_host,
        smtp_port=mail_sink.smtp_port,
        smtp_security="none",
        smtp_hello_name="notifications.test",
        retry_delays_seconds=RETRY_DELAYS_SECONDS,
        contact_wait_seconds=CONTACT_WAIT_SECONDS,
    )
    async with Harness(build(settings), neighbours=NEIGHBOURS) as harness:
        yield harness


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address of the test's own, so that tests never read each other's mail."""

    contact_id: str
    email: str
    name: str | None = "Anna Schmidt"
    language: str | None = "en"


def person(name: str | None = "Anna Schmidt", language: str | None = "en") -> Person:
    contact_id = str(uuid4())
    return Person(contact_id, f"{contact_id}@customer.example", name, language)


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with its people, as the owners tell of them."""

    service: Harness
    account_id: str
    seller_id: str = "borealis"

    def fact(self, kind: type[Event], **fields: object) -> Event:
        """The contracts' example of this event, made this account's."""
        changed = {"account_id": self.account_id, "seller_id": self.seller_id, **fields}
        return example_of(kind).model_copy(update=changed)

    async def opened(self, *recipients: Person, language: str = "en", owner: Person | None = None) -> None:
        await self.service.teller.tell(
            AccountOpened(
                account_id=self.account_id,
                seller_id=self.seller_id,
                account_number="B-1001",
                account_version=1,
                currency="EUR",
                language=language,
                time_zone="Europe/Berlin",
                country="DE",
                region=None,
                postal_code=None,
                address_fingerprint=None,
                collection=Collection.AUTOMATIC,
                status=AccountStatus.OPEN,
                business=False,
                billing_contact_id=None if owner is None else owner.contact_id,
            )
        )
        if recipients:
            await self.recipients(*recipients, version=2)

    async def recipients(self, *people: Person, version: int) -> None:
        await self.service.teller.tell(
            InvoiceRecipientsChanged(
                account_id=self.account_id,
                seller_id=self.seller_id,
                recipients=tuple(
                    Recipient(
                        contact_id=one.contact_id,
                        primary=number == 0,
                        origin=RecipientOrigin.PRIMARY if number == 0 else RecipientOrigin.COPY,
                    )
                    for number, one in enumerate(people)
                ),
                account_version=version,
            ),
            version=version,
        )

    async def introduces(self, one: Person, *, owner: str = "invoicing", version: int = 1) -> None:
        await self.service.teller.tell(
            ContactChanged(
                account_id=self.account_id,
                seller_id=self.seller_id,
                contact_id=one.contact_id,
                name=one.name,
                email=one.email,
                language=one.language,
                roles=(ContactRole.INVOICE_RECIPIENT,),
                version=version,
            ),
            owner=owner,
            version=version,
        )

    async def erases(self, one: Person, *, owner: str = "invoicing", version: int = 9) -> None:
        erased = example_of(ContactErased).model_copy(
            update={
                "account_id": self.account_id,
                "seller_id": self.seller_id,
                "contact_id": one.contact_id,
                "version": version,
            }
        )
        await self.service.teller.tell(erased, owner=owner, version=version)


@pytest.fixture
def customer(service: Harness) -> Customer:
    """A new account; nothing of it was told yet."""
    return Customer(service, str(uuid4()))


@pytest.fixture
def german_customer(customer: Customer) -> Customer:
    return replace(customer, seller_id="aurora")
