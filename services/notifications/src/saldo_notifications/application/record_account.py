"""Invoicing told what an account is, or who gets its invoices: keep the copy."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, NotYetKnown, UnitOfWork

from saldo_notifications.domain.account import Account, Recipient


@dataclass(frozen=True, slots=True)
class RecordAccount:
    """The snapshot of AccountOpened and BillingProfileUpdated, as far as it matters to letters."""

    account_id: str
    seller_id: str
    number: str
    language: str
    time_zone: str
    billing_contact_id: str | None
    snapshot_version: int


class RecordAccountHandler:
    """An older snapshot changes nothing."""

    def needs(self, command: RecordAccount) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: RecordAccount, work: UnitOfWork) -> Answer:
        known = await work.find(Account, command.account_id)
        if known is None:
            known = Account(
                account_id=command.account_id,
                seller_id=command.seller_id,
                number=command.number,
                language=command.language,
                time_zone=command.time_zone,
                billing_contact_id=command.billing_contact_id,
                profile_version=command.snapshot_version,
            )
        elif command.snapshot_version <= known.profile_version:
            return None
        known.number, known.language, known.time_zone = command.number, command.language, command.time_zone
        known.billing_contact_id = command.billing_contact_id
        known.profile_version = command.snapshot_version
        work.save(known)
        return None


@dataclass(frozen=True, slots=True)
class RecordRecipients:
    """The whole list of who gets the invoices; pairs of contact id and whether it is the primary one."""

    account_id: str
    recipients: tuple[tuple[str, bool], ...]
    snapshot_version: int


class RecordRecipientsHandler:
    """An older list changes nothing."""

    def needs(self, command: RecordRecipients) -> Needs:
        return Needs(keys=((Account, command.account_id),))

    async def handle(self, command: RecordRecipients, work: UnitOfWork) -> Answer:
        """Raises NotYetKnown until the account itself was told."""
        account = await work.find(Account, command.account_id)
        if account is None:
            raise NotYetKnown("account", command.account_id)
        if command.snapshot_version <= account.recipients_version:
            return None
        account.recipients = tuple(Recipient(contact_id, primary) for contact_id, primary in command.recipients)
        account.recipients_version = command.snapshot_version
        work.save(account)
        return None
