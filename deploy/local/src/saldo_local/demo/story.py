"""The story: what Ada, Bruno and time do, and which facts must come of it - names and counts, never texts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from saldo_local.demo.customers import Customer, Doors
from saldo_local.demo.witnesses import Witnesses
from saldo_local.suite import Suite

STARTS_AT = datetime(2026, 1, 12, 9, tzinfo=UTC)
GOOD_CARD = "pm_card_visa"
EMPTY_CARD = "pm_card_chargeCustomerFail"  # can be stored, and declines every charge
PARTIAL_MINOR_UNITS = 20_00


class Story:
    """Each chapter acts, lets the system come to rest, and says which facts it must have told."""

    def __init__(self, suite: Suite, doors: Doors, witnesses: Witnesses) -> None:
        self._suite = suite
        self._doors = doors
        self._witnesses = witnesses
        self.expected: dict[str, Counter[str]] = {}
        self.mails: Counter[str] = Counter()
        self.customers: list[Customer] = []

    async def tell(self) -> None:
        """Two accounts, three months."""
        ada = await self._ada_subscribes_and_pays_by_autopay()
        bruno = await self._brunos_card_is_declined()
        await self._time_passes_and_the_service_is_suspended(bruno)
        await self._a_partial_payment_is_not_enough(bruno)
        await self._the_rest_brings_the_service_back(bruno)
        await self._months_pass_for(ada, bruno)

    async def _rest(self) -> None:
        await self._suite.conductor.settle()
        await self._witnesses.caught_up(self.expected)

    def _expect(self, customer: Customer, *, mails: int, **facts: int) -> None:
        self.expected.setdefault(customer.account_id, Counter()).update(facts)
        self.mails[customer.email] += mails

    async def _ada_subscribes_and_pays_by_autopay(self) -> Customer:
        await self._suite.conductor.move_to(STARTS_AT)
        ada = await self._doors.open_account(
            "Ada", seller_id="aurora", currency="EUR", country="DE", zone="Europe/Berlin"
        )
        self.customers.append(ada)
        await self._doors.add_card(ada, GOOD_CARD)
        await self._rest()
        await self._doors.subscribe(ada, "team-monthly")
        await self._rest()
        return ada

    async def _brunos_card_is_declined(self) -> Customer:
        bruno = await self._doors.open_account("Bruno", seller_id="borealis", currency="USD", country="US", zone="UTC")
        self.customers.append(bruno)
        await self._doors.add_card(bruno, EMPTY_CARD)
        await self._rest()
        await self._doors.subscribe(bruno, "connect-monthly")
        await self._rest()
        return bruno

    async def _time_passes_and_the_service_is_suspended(self, bruno: Customer) -> None:
        await self._suite.conductor.move_to(STARTS_AT + timedelta(hours=1))
        await self._rest()
        await self._suite.conductor.move_to(STARTS_AT + timedelta(days=8))
        await self._rest()

    async def _a_partial_payment_is_not_enough(self, bruno: Customer) -> None:
        await self._doors.pay(bruno, PARTIAL_MINOR_UNITS, GOOD_CARD)
        await self._rest()

    async def _the_rest_brings_the_service_back(self, bruno: Customer) -> None:
        owed = (await self._doors.balance(bruno))["current"]["minor_units"]
        await self._doors.pay(bruno, int(owed), GOOD_CARD)
        await self._rest()

    async def _months_pass_for(self, *customers: Customer) -> None:
        await self._suite.conductor.move_to(STARTS_AT + timedelta(days=40))
        await self._rest()
