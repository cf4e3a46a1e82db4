"""The list of people who get an account's invoices is saved: at most five addresses, one of them primary."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_invoicing.application.people import CONTACTS_OF_ACCOUNT, Person, recipients_of, record_people
from saldo_invoicing.application.reach import account_in_reach
from saldo_invoicing.domain.account import Account
from saldo_invoicing.domain.contact import Contact


@dataclass(frozen=True, slots=True)
class ReplaceInvoiceRecipients:
    """Save the whole list (GOTO-98 to 100); the same list again changes nothing and tells nothing."""

    account_id: str
    people: tuple[Person, ...]


class ReplaceInvoiceRecipientsHandler:
    """Raises NotFound, TooManyRecipients, RecipientTwice or NotOnePrimary."""

    def needs(self, command: ReplaceInvoiceRecipients) -> Needs:
        return Needs(
            keys=((Account, command.account_id),),
            groups=((Contact, CONTACTS_OF_ACCOUNT, command.account_id),),
        )

    async def handle(self, command: ReplaceInvoiceRecipients, work: UnitOfWork) -> Answer:
        account = await account_in_reach(work, command.account_id)
        known = await work.group(Contact, CONTACTS_OF_ACCOUNT, account.account_id)
        recipients, listed = recipients_of(
            command.people, known, account_id=account.account_id, cause_id=work.cause.cause_id
        )
        if account.replace_recipients(recipients):
            work.save(account)
        for contact in record_people(account, known, listed):
            work.save(contact)
        version = account.profile_version
        return {
            "account_id": account.account_id,
            "profile_version": version,
            "_version": f"invoicing/account/{version}",
        }
