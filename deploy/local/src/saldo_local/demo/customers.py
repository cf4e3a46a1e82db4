"""What the two customers and the seller's agent do: ordinary HTTP calls with ordinary tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from saldo_local.suite import Suite
from saldo_local.tokens import Kind

MEMBER = (
    "billing_information:view",
    "billing_information:manage",
    "payment_methods:view",
    "payment_methods:manage",
    "subscriptions:view",
    "subscriptions:manage",
)


class CallRefused(Exception):
    """A service said no where the story wants a yes."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with an account."""

    name: str
    email: str
    account_id: str
    seller_id: str
    currency: str


class Doors:
    """The services' HTTP APIs, as a customer's page or an agent's tool calls them."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self.last_trace: str | None = None  # of the last payment, as the customer's browser began it

    async def open_account(self, name: str, *, seller_id: str, currency: str, country: str, zone: str) -> Customer:
        """An agent of the seller opens it."""
        token = self._suite.token(
            str(uuid4()), permissions=["billing_information:manage", "billing_information:view"], sellers=[seller_id]
        )
        email = f"{name.lower()}@example.org"
        opened = await self._call(
            "POST",
            "invoicing",
            "/v1/accounts",
            token,
            {
                "seller_id": seller_id,
                "currency": currency,
                "language": "en",
                "time_zone": zone,
                "billing_address": {
                    "line_1": "1 Example Street",
                    "city": "Berlin" if country == "DE" else "Springfield",
                    "postal_code": "10115",
                    "country": country,
                },
                "billing_contact": {"name": name, "email": email, "language": "en"},
            },
        )
        return Customer(name, email, str(opened["account_id"]), seller_id, currency)

    async def add_card(self, customer: Customer, token: str, *, make_default: bool = False) -> Mapping[str, Any]:
        """The page got the token from the processor; the number never came here."""
        return await self.post(
            customer,
            "payments",
            "payment-methods",
            {
                "processor_token": token,
                "card": {"brand": "visa", "last_four": "4242", "expiry_month": 12, "expiry_year": 2034},
                "contact": {"name": customer.name, "email": customer.email, "language": "en"},
                "make_default": make_default,
            },
        )

    async def subscribe(self, customer: Customer, plan: str) -> Mapping[str, Any]:
        """Starts today."""
        return await self.post(customer, "subscriptions", "subscriptions", {"plan": plan, "quantity": 1})

    async def pay(self, customer: Customer, minor_units: int, token: str) -> Mapping[str, Any]:
        """A one-time payment of any amount, by a card that is not kept; the last one's trace can be asked for."""
        self.last_trace = secrets.token_hex(16)
        return await self.post(
            customer,
            "payments",
            "payments",
            {"amount": {"minor_units": minor_units, "currency": customer.currency}, "processor_token": token},
        )

    async def balance(self, customer: Customer) -> Mapping[str, Any]:
        """As the customer sees it."""
        return await self.get(customer, "invoicing", "balance")

    async def post(self, customer: Customer, service: str, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the customer."""
        url = f"/v1/accounts/{customer.account_id}/{path}"
        return await self._call("POST", service, url, self._token(customer), body)

    async def get(self, customer: Customer, service: str, path: str) -> Mapping[str, Any]:
        """As the customer."""
        return await self._call("GET", service, f"/v1/accounts/{customer.account_id}/{path}", self._token(customer))

    def _token(self, customer: Customer) -> str:
        return self._suite.token(
            customer.account_id,
            permissions=MEMBER,
            sellers=[customer.seller_id],
            accounts=[customer.account_id],
            kind=Kind.CUSTOMER,
        )

    async def _call(
        self, method: str, service: str, path: str, token: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        async with self._suite.client(service, token) as client:
            headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
            if self.last_trace and path.endswith("/payments"):
                headers["traceparent"] = f"00-{self.last_trace}-{secrets.token_hex(8)}-01"
            answer = await client.request(method, path, json=body, headers=headers)
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise CallRefused(f"{method} {path}: {answer.status_code} {answer.text}")
        found: dict[str, Any] = answer.json()
        return found
