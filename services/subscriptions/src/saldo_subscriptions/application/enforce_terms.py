"""A date of the seller's terms came: suspend, or cancel what nobody paid."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_subscriptions.application.customer import customer_needs, load_customer
from saldo_subscriptions.application.late_payment import keep_terms
from saldo_subscriptions.application.ports import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforceTerms:
    """Woken by the timers `suspension` and `cancellation`."""

    account_id: str


class EnforceTermsHandler:
    """Reads the standing's own dates: a timer that woke for nothing does nothing."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def needs(self, command: EnforceTerms) -> Needs:
        return customer_needs(command.account_id)

    async def handle(self, command: EnforceTerms, work: UnitOfWork) -> Answer:
        keep_terms(await load_customer(work, command.account_id, self._catalogue), work)
        return None
