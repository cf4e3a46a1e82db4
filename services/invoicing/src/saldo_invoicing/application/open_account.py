"""A billing account is opened: one seller, one currency and one number for life."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, NotFound, UnitOfWork

from saldo_invoicing.application.address import Address, row_of
from saldo_invoicing.application.people import Person, recipients_of, record_people
from saldo_invoicing.application.ports import Fingerprints, Sellers
from saldo_invoicing.domain.account import BillingAddress, Collection, Profile, opened
from saldo_invoicing.domain.ids import derived_id
from saldo_invoicing.domain.number_series import NumberSeries, Series, account_number, series_id
from saldo_invoicing.domain.seller import Seller


@dataclass(frozen=True, slots=True)
class Preferences:
    """What an account is opened with; no time zone means the seller's."""

    language: str
    collection: str
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account at a seller, billed to this address (or none yet), its invoices sent to these people."""

    seller_id: str
    currency: str
    preferences: Preferences
    address: Address | None
    people: tuple[Person, ...]


class OpenAccountHandler:
    """Raises NotFound for a seller out of reach, CurrencyNotSold, LanguageNotSpoken, UnknownTimeZone and what
    the list of people breaks. A repeat of its cause would open the same account id."""

    def __init__(self, sellers: Sellers, fingerprints: Fingerprints) -> None:
        self._sellers = sellers
        self._fingerprints = fingerprints

    def needs(self, command: OpenAccount) -> Needs:
        return Needs(keys=((NumberSeries, series_id(command.seller_id, Series.ACCOUNT)),))

    async def handle(self, command: OpenAccount, work: UnitOfWork) -> Answer:
        account_id = derived_id(work.cause.cause_id, "account")
        seller = self._seller_in_reach(command, work, account_id)
        seller.sells_in(command.currency)
        seller.speaks(command.preferences.language)
        recipients, listed = recipients_of(command.people, (), account_id=account_id, cause_id=work.cause.cause_id)
        profile = self._profile(command, seller)
        key = series_id(seller.seller_id, Series.ACCOUNT)
        series = await work.find(NumberSeries, key) or NumberSeries(key)
        account = opened(
            account_id,
            seller.seller_id,
            number=account_number(seller.number_prefixes[Series.ACCOUNT], series.draw()),
            currency=command.currency,
            profile=profile,
            recipients=recipients,
            at=work.now,
        )
        work.save(account)
        if command.address is not None:
            work.save(row_of(BillingAddress, account_id, command.address))
        for contact in record_people(account, (), listed):
            work.save(contact)
        work.save(series)
        version = f"invoicing/account/{account.profile_version}"
        return {"account_id": account_id, "number": account.number, "_version": version}

    def _seller_in_reach(self, command: OpenAccount, work: UnitOfWork, account_id: str) -> Seller:
        seller = self._sellers.find(command.seller_id)
        if seller is None or not work.cause.actor.reaches(seller_id=command.seller_id, account_id=account_id):
            raise NotFound("there is no such seller", seller_id=command.seller_id)
        return seller

    def _profile(self, command: OpenAccount, seller: Seller) -> Profile:
        address, wished = command.address, command.preferences
        return Profile(
            language=wished.language,
            time_zone=wished.time_zone or seller.time_zone,
            country=address.country if address else None,
            region=address.region if address else None,
            postal_code=address.postal_code if address else None,
            address_fingerprint=address.fingerprint(self._fingerprints) if address else None,
            collection=Collection(wished.collection),
        )
