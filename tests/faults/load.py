"""Customers who order and pay while processes die, and ask again under the same key until they have an answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from uuid import uuid4

import httpx2

from tests.faults.waiting import ASK_SECONDS, WAIT_SECONDS_MAX
from tests.flows.billing import AGENT_PERMISSIONS, WORLDS, Billing
from tests.flows.customer import Customer
from tests.flows.processor import GOOD_CARD

SELLER: Final = "borealis"
PLAN: Final = "connect-monthly"
SURPLUS_MINOR_UNITS = 5_00  # of a one-time payment that nobody owes: it becomes credit
AT_ONCE = 6  # customers side by side: enough for units and batches of several
ASK_AGAIN: Final = frozenset({"not-yet-known", "try-again", "no-payment-method"})
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a service said yes to; from then on it must not be lost."""

    customer: Customer
    payment_id: str
    minor_units: int


@dataclass(slots=True)
class Load:
    """Each step is carried out for all customers, a few at a time."""

    billing: Billing
    customers: list[Customer] = field(default_factory=list)
    payments: list[Accepted] = field(default_factory=list)

    async def arrive(self, customers: int, *, card: str = GOOD_CARD) -> Sequence[Customer]:
        """So many new accounts, each with a card; the usual one pays."""
        new = await self._side_by_side([self._opened() for _ in range(customers)])
        await self._side_by_side([self._card(customer, card) for customer in new])
        self.customers += new
        self.billing.customers += new
        return new

    async def subscribe(self, customers: Sequence[Customer] | None = None) -> None:
        """One subscription each, whose first invoice is collected by autopay where that is on."""
        wish = {"plan": PLAN, "quantity": 1}
        await self._side_by_side(
            [self._post(one, "subscriptions", "subscriptions", wish) for one in customers or self.customers]
        )

    async def pay(self, minor_units: int = SURPLUS_MINOR_UNITS, customers: Sequence[Customer] | None = None) -> None:
        """One payment each, by a card that is not kept; more than is owed becomes credit."""
        await self._side_by_side([self._paid(one, minor_units) for one in customers or self.customers])

    async def without_autopay(self, customers: Sequence[Customer] | None = None) -> None:
        """From now on invoices wait for somebody to pay them."""
        await self._side_by_side([one.autopay(enabled=False) for one in customers or self.customers])

    async def round(self, customers: int) -> Sequence[Customer]:
        """New customers who order and pay."""
        new = await self.arrive(customers)
        await self.subscribe(new)
        await self.pay(customers=new)
        return new

    @contextlib.asynccontextmanager
    async def going_on(self, customers: int) -> AsyncIterator[None]:
        """Round after round beside what the test does; the round under way is finished at the end."""
        over = asyncio.Event()

        async def rounds() -> None:
            while not over.is_set():
                await self.round(customers)

        going = asyncio.create_task(rounds(), name="load")
        try:
            yield
        finally:
            over.set()
            await going

    async def _opened(self) -> Customer:
        number, world = next(_numbers), WORLDS[SELLER]
        email = f"fault.{number}.{uuid4().hex[:6]}@customers.example.org"
        body = {
            "seller_id": SELLER,
            "currency": world["currency"],
            "language": "en",
            "time_zone": world["zone"],
            "billing_address": {
                "line_1": "1 Example Street",
                "city": world["city"],
                "postal_code": world["postal_code"],
                "country": world["country"],
            },
            "billing_contact": {"name": f"Customer {number}", "email": email, "language": "en"},
        }
        opened = await self._persistently("invoicing", "/v1/accounts", self._agent(*AGENT_PERMISSIONS), body)
        return Customer(
            billing=self.billing,
            account_id=str(opened["account_id"]),
            number=str(opened["number"]),
            seller_id=SELLER,
            currency=world["currency"],
            name=f"Customer {number}",
            email=email,
        )

    async def _card(self, customer: Customer, card: str) -> None:
        wish = {
            "processor_token": card,
            "card": {"brand": "visa", "last_four": "4242", "expiry_year": 2034, "expiry_month": 12},
            "contact": {"name": customer.name, "email": customer.email, "language": "en"},
        }
        await self._post(customer, "payments", "payment-methods", wish)

    async def _paid(self, customer: Customer, minor_units: int) -> None:
        wish = {
            "amount": {"minor_units": minor_units, "currency": customer.currency},
            "processor_token": GOOD_CARD,
            "surplus_confirmed": True,
        }
        accepted = await self._post(customer, "payments", "payments", wish)
        self.payments.append(Accepted(customer, str(accepted["payment_id"]), minor_units))

    async def send_after_all(self, account_id: str, notice_id: str) -> None:
        """An agent has a failed mail sent again."""
        path = f"/v1/accounts/{account_id}/notices/{notice_id}/retry"
        await self._persistently("notifications", path, self._agent("service:override"), None)

    async def _post(self, customer: Customer, service: str, path: str, wish: Mapping[str, object]) -> Mapping[str, Any]:
        whole = f"/v1/accounts/{customer.account_id}/{path}"
        return await self._persistently(service, whole, lambda: customer.token, wish)

    def _agent(self, *permissions: str) -> Callable[[], str]:
        """Issues tokens of one agent; each lives for minutes, and a request may be asked again for longer."""
        subject = str(uuid4())
        return lambda: self.billing.suite.token(subject, permissions=permissions, sellers=[SELLER])

    async def _persistently(
        self, service: str, path: str, token: Callable[[], str], wish: Mapping[str, object] | None
    ) -> Mapping[str, Any]:
        """As a good client does: no answer, or `ask again`, means the same request under the same key."""
        key, deadline, last = str(uuid4()), time.monotonic() + WAIT_SECONDS_MAX, "no answer"
        while time.monotonic() < deadline:
            try:
                answer = await self.billing.client(service).post(
                    path,
                    json=wish and dict(wish),
                    headers={"Authorization": f"Bearer {token()}", "Idempotency-Key": key},
                )
            except httpx2.TransportError as gone:
                last = type(gone).__name__
            else:
                found: Mapping[str, Any] = answer.json()
                if answer.status_code < httpx2.codes.BAD_REQUEST:
                    return found
                last = answer.text
                assert found.get("code") in ASK_AGAIN, f"POST {path}: {last}"
                if found["code"] == "no-payment-method":
                    key = str(uuid4())  # a refusal is an answer and stands under its key; this is a new wish
            await asyncio.sleep(ASK_SECONDS)
        raise AssertionError(f"POST {path} had no answer in {WAIT_SECONDS_MAX} s; the last was: {last}")

    @staticmethod
    async def _side_by_side(steps: Sequence[Any]) -> list[Any]:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(step: Any) -> Any:
            async with slots:
                return await step

        return list(await asyncio.gather(*(one(step) for step in steps)))
