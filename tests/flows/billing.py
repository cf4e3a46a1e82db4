"""The whole of billing under one clock, as a flow speaks of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import httpx2
from saldo_local.kafka_choice import KafkaChoice
from saldo_local.stack import Stack
from saldo_local.suite import SERVICES, Shape, Suite
from saldo_money import Money
from saldo_testkit.harness import record_response

from tests.flows.clock import Clock
from tests.flows.customer import Customer, Refused
from tests.flows.expectation import Expectation, Kind
from tests.flows.mail_box import Mail, MailBox
from tests.flows.processor import Processor
from tests.flows.witness import Witness

AGENT_PERMISSIONS = ("billing_information:manage", "billing_information:view", "payment_methods:view")

# Each sample seller's own: where its customers live, in which currency and zone.
WORLDS: Mapping[str, Mapping[str, str]] = {
    "borealis": {"currency": "USD", "country": "US", "city": "Springfield", "postal_code": "62701", "zone": "UTC"},
    "aurora": {"currency": "EUR", "country": "DE", "city": "Berlin", "postal_code": "10115", "zone": "Europe/Berlin"},
}
COMPLAINTS_QUOTED = 40
_numbers = count(1)


class Billing:
    """`await billing.open_account("Ada")`, `await billing.clock.move_to(day)`, `async with billing.expect(...)`."""

    def __init__(self, suite: Suite, witness: Witness, *, starts_at: datetime) -> None:
        self.suite = suite
        self.witness = witness
        self.clock = Clock(suite, starts_at, rest=self.rest)
        self.mail_box = MailBox(suite.stack.mail_api_url)
        self.processor = Processor(suite.stack.processor_url, suite.stack.processor_api_key)
        self.customers: list[Customer] = []
        self._clients = {service: _client(suite.api(service)) for service in SERVICES}

    async def close(self) -> None:
        """Give the connections back."""
        for closing in (*(client.aclose for client in self._clients.values()), self.mail_box.close):
            await closing()
        await self.processor.close()

    def client(self, service: str) -> httpx2.AsyncClient:
        """Without a token; its requests count for the requirement proof."""
        return self._clients[service]

    def money(self, amount: str, currency: str) -> Money:
        """`money("60.00", "USD")`"""
        return Money.from_decimal(Decimal(amount), currency)

    async def rest(self) -> Sequence[Mapping[str, Any]]:
        """Wait until nothing is under way anywhere and the witness saw it all; the last reports of all processes."""
        reports = await self.suite.conductor.settle()
        await self.witness.caught_up()
        return reports

    def expect(self, *chain: Kind, account_id: str | None = None) -> Expectation:
        """Exactly these events, in this order (see Expectation); of every account where none is given."""
        return Expectation(self.witness, self.rest, chain=chain, account_id=account_id)

    async def mails_to(self, address: str) -> Sequence[Mail]:
        """All that arrived, once nothing is under way."""
        await self.rest()
        return await self.mail_box.mails(to=address)

    def complaints(self) -> str:
        """What the services warned of lately, for a flow that failed."""
        lines = [
            line
            for process in self.suite.processes.values()
            for line in process.log.read_text(errors="replace").splitlines()
            if any(f'"level":"{level}"' in line for level in ("warning", "error", "critical"))
        ]
        return "\n".join(lines[-COMPLAINTS_QUOTED:]) or "(no service complained)"

    async def open_account(self, name: str, *, seller: str = "borealis", currency: str | None = None) -> Customer:
        """An agent of the seller opens it; the address is the name's, and new each time."""
        world = WORLDS[seller]
        email = f"{name.lower()}.{next(_numbers)}@customers.example.org"
        body = {
            "seller_id": seller,
            "currency": currency or world["currency"],
            "language": "en",
            "time_zone": world["zone"],
            "billing_address": {
                "line_1": "1 Example Street",
                "city": world["city"],
                "postal_code": world["postal_code"],
                "country": world["country"],
            },
            "billing_contact": {"name": name, "email": email, "language": "en"},
        }
        opened = await self.agent_call("POST", "invoicing", "/v1/accounts", body, sellers=[seller])
        await self.rest()
        customer = Customer(
            billing=self,
            account_id=str(opened["account_id"]),
            number=str(opened["number"]),
            seller_id=seller,
            currency=str(body["currency"]),
            name=name,
            email=email,
        )
        self.customers.append(customer)
        return customer

    async def agent_call(
        self,
        method: str,
        service: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        sellers: Sequence[str] = ("aurora", "borealis"),
        permissions: Sequence[str] = AGENT_PERMISSIONS,
    ) -> Mapping[str, Any]:
        """A call of somebody who works for these sellers. Raises Refused."""
        token = self.suite.token(str(uuid4()), permissions=permissions, sellers=sellers)
        headers = {"Authorization": f"Bearer {token}"}
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        answer = await self.client(service).request(method, path, json=body, headers=headers)
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise Refused(answer)
        found: Mapping[str, Any] = answer.json()
        return found


@contextlib.asynccontextmanager
async def running(shape: Shape, kafka: KafkaChoice) -> AsyncIterator[Billing]:
    """Real processes on an own stack, which may use the broker of the whole run; everything ends with the context."""
    assert shape.clock_starts_at is not None, "a flow says on which day it begins"
    async with (
        Stack(kafka=kafka) as stack,
        Suite(shape, stack=stack) as suite,
        Witness(stack.kafka_bootstrap) as witness,
    ):
        billing = Billing(suite, witness, starts_at=shape.clock_starts_at)
        try:
            await billing.clock.move_to(shape.clock_starts_at)
            yield billing
        finally:
            await billing.close()


def _client(url: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=url, timeout=30.0, event_hooks={"response": [record_response]})
