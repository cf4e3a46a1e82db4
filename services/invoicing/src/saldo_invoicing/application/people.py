"""The people of an account as a use case receives them, and how they become contacts and recipients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.contact import Contact, Origin, Recipient, check_recipients, same_address
from saldo_invoicing.domain.ids import derived_id

CONTACTS_OF_ACCOUNT = "of_account"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to get the invoices."""

    email: str
    name: str | None = None
    language: str | None = None
    primary: bool = False
    origin: str = Origin.COPY.value


def copies(addresses: str | None) -> tuple[Person, ...]:
    """The people of a CC field, whose addresses are separated by commas (GOTO-26)."""
    listed = (address.strip() for address in (addresses or "").split(","))
    return tuple(Person(email=address) for address in listed if address)


def recipients_of(
    people: Sequence[Person], known: Iterable[Contact], *, account_id: str, cause_id: str
) -> tuple[tuple[Recipient, ...], dict[str, Person]]:
    """The list of recipients and the person behind each contact id; an address that is known keeps its contact.

    Raises TooManyRecipients, RecipientTwice or NotOnePrimary.
    """
    check_recipients([person.email for person in people], sum(person.primary for person in people))
    by_address = {same_address(contact.email): contact.contact_id for contact in known}
    listed: dict[str, Person] = {}
    recipients = []
    for position, person in enumerate(people):
        new_id = derived_id(cause_id, f"{account_id}/contact/{position}")
        contact_id = by_address.get(same_address(person.email), new_id)
        origin = Origin.PRIMARY if person.primary else Origin(person.origin)
        listed[contact_id] = person
        recipients.append(Recipient(contact_id, person.primary, origin))
    return tuple(recipients), listed


def record_people(account: Account, known: Sequence[Contact], listed: dict[str, Person]) -> list[Contact]:
    """The contacts that changed: those on the list as it says, those no longer on it without their roles."""
    contacts = {contact.contact_id: contact for contact in known}
    changed = []
    for contact_id, person in listed.items():
        contact = contacts.get(contact_id) or Contact(
            contact_id, account.account_id, account.seller_id, person.name, person.email, person.language
        )
        roles = account.roles_of(contact_id)
        name, language = person.name or contact.name, person.language or contact.language
        if contact.record(name=name, email=person.email.strip(), language=language, roles=roles):
            changed.append(contact)
    changed.extend(
        contact
        for contact in known
        if contact.contact_id not in listed
        and contact.record(name=contact.name, email=contact.email, language=contact.language, roles=())
    )
    return changed
