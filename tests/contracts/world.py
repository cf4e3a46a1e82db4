"""What exists in the house: accounts that ordered, were invoiced, paid and were mailed, all through the front doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import httpx2

from tests.contracts.house import House

SELLER, OTHER_SELLER = "borealis", "aurora"
PLAN = "connect-monthly"
GOOD_CARD = "pm_card_visa"


@dataclass(frozen=True, slots=True)
class Resident:
    """An account and what belongs to it: `values` are ids by the names that paths use."""

    seller_id: str
    email: str
    values: Mapping[str, str]

    @property
    def account_id(self) -> str:
        return self.values["account_id"]


@dataclass(slots=True)
class World:
    """Two residents of one seller; each has an invoice, a subscription, a card, a payment and a notice."""

    house: House
    resident: Resident = field(init=False)
    neighbour: Resident = field(init=False)

    @classmethod
    async def made(cls, house: House) -> Self:
        """About two seconds of work of all services."""
        world = cls(house)
        world.resident = await world._settled_in("ada")
        world.neighbour = await world._settled_in("bruno")
        return world

    async def _settled_in(self, name: str) -> Resident:
        email = f"{name}.{uuid4().hex[:8]}@example.org"
        opened = await self.ask("post", "invoicing", "/v1/accounts", json=account_body(SELLER, email))
        account = f"/v1/accounts/{opened['account_id']}"
        await self.house.rest()
        await self.ask("post", "payments", f"{account}/payment-methods", json=card_body(email))
        await self.house.rest()
        await self.ask("post", "subscriptions", f"{account}/subscriptions", json={"plan": PLAN, "quantity": 1})
        await self.house.rest()
        values = {
            "account_id": str(opened["account_id"]),
            "subscription_id": await self._first("subscriptions", f"{account}/subscriptions", "subscription_id"),
            "invoice_id": await self._first("invoicing", f"{account}/invoices", "invoice_id"),
            "method_id": await self._first("payments", f"{account}/payment-methods", "payment_method_id"),
            "payment_id": await self._first("payments", f"{account}/payments", "payment_id"),
            "notice_id": await self._first("notifications", f"{account}/notices", "notice_id"),
        }
        return Resident(SELLER, email, values)

    async def _first(self, service: str, path: str, member: str) -> str:
        items = (await self.ask("get", service, path))["items"]
        assert items, f"{path} of {service} is empty: nothing to walk on"
        return str(items[0][member])

    async def ask(self, method: str, service: str, path: str, *, json: object = None) -> Mapping[str, Any]:
        """As an agent who may do everything."""
        async with self.house.client(service, self.house.tokens.issue()) as client:
            headers = {"Idempotency-Key": str(uuid4())} if method != "get" else {}
            answer = await client.request(method.upper(), path, json=json, headers=headers)
        assert answer.status_code < httpx2.codes.BAD_REQUEST, f"{method} {path}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found


def account_body(seller: str, email: str) -> dict[str, object]:
    """A complete wish for an account."""
    return {
        "seller_id": seller,
        "currency": "EUR" if seller == "aurora" else "USD",
        "language": "en",
        "billing_address": {
            "line_1": "1 Example Street",
            "city": "Springfield",
            "postal_code": "10115",
            "country": "US",
        },
        "billing_contact": {"name": "Ada Example", "email": email, "language": "en"},
    }


def card_body(email: str) -> dict[str, object]:
    """A card that the processor accepts."""
    return {
        "processor_token": GOOD_CARD,
        "card": {"brand": "visa", "last_four": "4242", "expiry_year": 2034, "expiry_month": 12},
        "contact": {"name": "Ada Example", "email": email, "language": "en"},
    }


def bodies(resident: Resident) -> Mapping[str, Mapping[str, object]]:
    """A body that each writing operation would accept from the resident, by operation id."""
    return {
        "open_account": account_body(SELLER, resident.email),
        "save_billing_profile": {"language": "en"},
        "save_shipping_address": {"shipping_address": None},
        "save_invoice_recipients": {"recipients": [{"email": resident.email, "primary": True}]},
        "submit_payment_method": card_body(resident.email),
        "switch_autopay": {"enabled": True},
        "make_one_time_payment": {
            "amount": {"minor_units": 1_00, "currency": "USD"},
            "payment_method_id": resident.values["method_id"],
            "surplus_confirmed": True,
        },
        "resolve_payment": {"outcome": "failed", "reason": "The processor's books say so."},
        "start_subscription": {"plan": PLAN, "quantity": 1},
        "override_suspension": {"until": "2026-12-31", "reason": "The customer called."},
        "move_clock": {"now": "2026-01-01T00:00:00Z"},
    }
