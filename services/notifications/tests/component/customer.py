"""Accounts and their people, as the owners of these facts tell of them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import uuid4

from saldo_contracts.envelope import Envelope, encode_headers
from saldo_contracts.events import (
    AccountOpened,
    AccountStatus,
    Collection,
    ContactChanged,
    ContactErased,
    ContactRole,
    Event,
    InvoiceRecipientsChanged,
    PaymentSucceeded,
    Recipient,
    RecipientOrigin,
)
from saldo_contracts.examples import example_envelope, example_of
from saldo_contracts.topics import contacts_topic, public_topic
from saldo_testkit.harness import Harness

EventT = TypeVar("EventT", bound=Event)
STATE_SECONDS = 20.0  # deadline of a wait; generous, since a deadline never proves speed
ASK_SECONDS = 0.01


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

    async def tells(
        self, kind: type[EventT], *, times: int = 1, traceparent: str | None = None, **fields: object
    ) -> Envelope:
        """The contracts' example of this event, made this account's, with a subject that no other test has."""
        own: dict[str, object] = {"account_id": self.account_id, "seller_id": self.seller_id}
        if kind.subject_field != "account_id":
            own[kind.subject_field] = str(uuid4())
        event = example_of(kind).model_copy(update={**own, **fields})
        return await self.service.teller.tell(event, times=times, traceparent=traceparent)

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

    async def buries(self, one: Person, *, owner: str = "invoicing") -> None:
        """The tombstone that follows an erasure: the contact's key and nothing else."""
        await self.service.teller.tell_raw(contacts_topic(owner).name, one.contact_id, None, [])

    async def tells_unknown(self, type_: str, *, owner: str = "payments") -> None:
        """An event of tomorrow, on this account's key."""
        envelope = replace(example_envelope(PaymentSucceeded), id=str(uuid4()), type=type_)
        headers = encode_headers(replace(envelope, partition_key=self.account_id))
        await self.service.teller.tell_raw(public_topic(owner).name, self.account_id, b'{"new": true}', headers)

    def owns(self, event: Event) -> bool:
        return event.account_id == self.account_id

    async def reaches(self, state: str) -> None:
        """Wait until this customer's one notice is in the state; fails with what stands there instead."""
        sql = "select state from notices where account_id = $1"
        deadline = time.monotonic() + STATE_SECONDS
        while (found := await self.service.runtime.database.pool.fetchval(sql, self.account_id)) != state:
            if time.monotonic() > deadline:
                raise AssertionError(f"{found} instead of {state}: {dict(await self.service.runtime.report())}")
            await asyncio.sleep(ASK_SECONDS)

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
