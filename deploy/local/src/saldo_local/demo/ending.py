"""The ending: balances, mails, invariants, and one payment's way as a tree; and what of it is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx2

from saldo_local.amounts import readable
from saldo_local.demo.customers import Doors
from saldo_local.demo.story import Story
from saldo_local.demo.witnesses import Witnesses, differences
from saldo_local.invariants.evidence import gather
from saldo_local.invariants.place import Place
from saldo_local.invariants.statements import hold
from saldo_local.suite import SERVICES, Suite

RULE = "-" * 100
TRACE_POLL_SECONDS = 0.2
TRACE_POLLS_STEADY = 5  # a second without news: every process exports five times a second
TRACE_POLLS_MAX = 100


class Ending:
    """Every line is an answer of a service, of the mail sink or of the trace receiver."""

    def __init__(self, suite: Suite, story: Story, doors: Doors, witnesses: Witnesses) -> None:
        self._suite = suite
        self._story = story
        self._witnesses = witnesses
        self._doors = doors

    async def show(self) -> Sequence[str]:
        """Print it; returns what is wrong, in words."""
        faults = [*self._facts(), *self._mails()]
        faults += await self._balances()
        faults += await self._invariants()
        faults += await self._trace()
        return faults

    def _facts(self) -> Sequence[str]:
        return [
            line
            for customer in self._story.customers
            for line in differences(
                customer.name,
                self._story.expected.get(customer.account_id, {}),
                self._witnesses.told(customer.account_id),
            )
        ]

    def _mails(self) -> Sequence[str]:
        print(RULE)
        faults = []
        for customer in self._story.customers:
            found, wanted = self._witnesses.mails_to(customer.email), self._story.mails[customer.email]
            print(f"{customer.name}: {found} e-mails")
            if found != wanted:
                faults.append(f"{customer.name}: {wanted} e-mails expected, {found} came")
        return faults

    async def _balances(self) -> Sequence[str]:
        faults = []
        for customer in self._story.customers:
            answer = await self._doors.balance(customer)
            balance = answer["current"]
            print(f"{customer.name}: balance {readable(balance['minor_units'], balance['currency'])}")
            if balance["minor_units"] != 0:
                faults.append(f"{customer.name} owes {balance}")
        return faults

    async def _invariants(self) -> Sequence[str]:
        """The house's own, as `make invariants` holds them against a suite that stands."""
        evidence = await gather(Place.of_suite(self._suite), await self._suite.conductor.settle())
        statements = hold(evidence)
        for item in evidence.ledger:
            print(f"invariant: {item['statement']}: {item['violations']} violations")
        for statement in statements:
            print(f"invariant: {statement.sentence}: {len(statement.faults)} violations")
        print(f"the card processor charged {len(evidence.charges)} times")
        return [f"invariant broken: {fault}" for statement in statements for fault in statement.faults]

    async def _trace(self) -> Sequence[str]:
        """The last payment's way, once no more spans come in."""
        if self._suite.receiver is None or self._doors.last_trace is None:
            return ["there is no trace to show"]
        tree, steady = "", 0
        address = f"{self._suite.receiver.url}/traces/{self._doors.last_trace}"
        async with httpx2.AsyncClient(timeout=10.0) as client:
            for _ in range(TRACE_POLLS_MAX):
                found = (await client.get(address, params={"format": "text"})).text
                steady = steady + 1 if found == tree else 0
                tree = found
                if steady >= TRACE_POLLS_STEADY:
                    break
                await asyncio.sleep(TRACE_POLL_SECONDS)
        print(RULE)
        print(tree)
        missing = [service for service in SERVICES if f"saldo-{service}" not in tree]
        return [f"the trace does not reach {service}" for service in missing]
