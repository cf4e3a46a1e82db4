"""Address, contact and terms of an account are saved; they count for documents issued from now on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from saldo_work import Answer, Needs, UnitOfWork

from saldo_invoicing.application.address import Address, row_of
from saldo_invoicing.application.books import OPEN_OF_ACCOUNT, watch_due_date
from saldo_invoicing.application.people import CONTACTS_OF_ACCOUNT, Person, recipients_of, record_people
from saldo_invoicing.application.ports import Fingerprints, Sellers
from saldo_invoicing.application.reach import account_in_reach
from saldo_invoicing.domain.account import Account, BillingAddress, Collection, Profile
from saldo_invoicing.domain.contact import Contact, Origin
from saldo_invoicing.domain.events import ProfilePart
from saldo_invoicing.domain.invoice import Invoice


@dataclass(frozen=True, slots=True)
class UpdateBillingProfile:
    """Save the profile; None leaves a part as it is.

    `people`, the main contact and those of the CC field, replace all recipients but the billing administrators
    (C-07); GOTO-24 to 26, 29, 32, 33.
    """

    account_id: str
    address: Address | None = None
    people: tuple[Person, ...] | None = None
    language: str | None = None
    time_zone: str | None = None
    collection: str | None = None


class UpdateBillingProfileHandler:
    """Raises NotFound, LanguageNotSpoken, UnknownTimeZone and what the list of people breaks."""

    def __init__(self, sellers: Sellers, fingerprints: Fingerprints) -> None:
        self._sellers = sellers
        self._fingerprints = fingerprints

    def needs(self, command: UpdateBillingProfile) -> Needs:
        account_id = command.account_id
        return Needs(
            keys=((Account, account_id), (BillingAddress, account_id)),
            groups=((Contact, CONTACTS_OF_ACCOUNT, account_id), (Invoice, OPEN_OF_ACCOUNT, account_id)),
        )

    async def handle(self, command: UpdateBillingProfile, work: UnitOfWork) -> Answer:
        account = await account_in_reach(work, command.account_id)
        if command.language is not None:
            self._sellers.of(account.seller_id).speaks(command.language)
        zone_before = account.time_zone
        changed: list[ProfilePart] = []
        if command.address is not None:
            changed.extend(await _save_address(work, account, command.address))
        if command.people is not None and await _save_people(work, account, command.people):
            changed.append(ProfilePart.CONTACT)
        account.save_profile(self._merged(account.profile, command), tuple(changed))
        if account.time_zone != zone_before:
            for invoice in await work.group(Invoice, OPEN_OF_ACCOUNT, account.account_id):
                if invoice.overdue_since is None:
                    watch_due_date(work, invoice, account)
        work.save(account)
        version = account.profile_version
        return {
            "account_id": account.account_id,
            "profile_version": version,
            "_version": f"invoicing/account/{version}",
        }

    def _merged(self, profile: Profile, command: UpdateBillingProfile) -> Profile:
        merged = replace(
            profile,
            language=command.language or profile.language,
            time_zone=command.time_zone or profile.time_zone,
            collection=Collection(command.collection) if command.collection else profile.collection,
        )
        if command.address is None:
            return merged
        return replace(
            merged,
            country=command.address.country,
            region=command.address.region,
            postal_code=command.address.postal_code,
            address_fingerprint=command.address.fingerprint(self._fingerprints),
        )


async def _save_address(work: UnitOfWork, account: Account, address: Address) -> list[ProfilePart]:
    row = await work.find(BillingAddress, account.account_id)
    if row is None:
        work.save(row_of(BillingAddress, account.account_id, address))
        return [ProfilePart.BILLING_ADDRESS, *([ProfilePart.COMPANY] if address.company else [])]
    before = (row.company, (row.line_1, row.line_2, row.city))
    address.write_to(row)
    work.save(row)
    company, street = (row.company, (row.line_1, row.line_2, row.city))
    return [
        part
        for part, differs in (
            (ProfilePart.COMPANY, company != before[0]),
            (ProfilePart.BILLING_ADDRESS, street != before[1]),
        )
        if differs
    ]


async def _save_people(work: UnitOfWork, account: Account, people: tuple[Person, ...]) -> bool:
    known = await work.group(Contact, CONTACTS_OF_ACCOUNT, account.account_id)
    by_id = {contact.contact_id: contact for contact in known}
    administrators = tuple(
        Person(email=by_id[one.contact_id].email, origin=Origin.ADMINISTRATOR.value)
        for one in account.recipients
        if one.origin is Origin.ADMINISTRATOR and one.contact_id in by_id
    )
    recipients, listed = recipients_of(
        (*people, *administrators), known, account_id=account.account_id, cause_id=work.cause.cause_id
    )
    replaced = account.replace_recipients(recipients)
    contacts = record_people(account, known, listed)
    for contact in contacts:
        work.save(contact)
    return replaced or bool(contacts)
