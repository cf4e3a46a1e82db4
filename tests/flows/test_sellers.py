"""Two sellers on one installation, four services on one server: what is one's own is nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from saldo_contracts.permissions import Permission
from saldo_local.suite import SERVICES

from tests.flows.billing import Billing
from tests.flows.customer import Customer

# What a stranger sends to each door that writes: bodies in order, so that only the stranger can be the reason.
CONTACT = {"name": "Stranger", "email": "stranger@example.org", "language": "en"}
CARD = {"brand": "visa", "last_four": "4242", "expiry_year": 2034, "expiry_month": 12}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "PUT /v1/accounts/{account_id}/billing-profile": {"language": "en"},
    "PUT /v1/accounts/{account_id}/invoice-recipients": {"recipients": [{"email": CONTACT["email"], "primary": True}]},
    "PUT /v1/accounts/{account_id}/shipping-address": {"shipping_address": None},
    "POST /v1/accounts/{account_id}/subscriptions": {"plan": "team-monthly"},
    "POST /v1/accounts/{account_id}/service-state/overrides": {"until": "2026-02-01", "reason": "none"},
    "PUT /v1/accounts/{account_id}/autopay": {"enabled": False},
    "POST /v1/accounts/{account_id}/payment-methods": {
        "processor_token": "pm_card_visa",
        "card": CARD,
        "contact": CONTACT,
    },
    "POST /v1/accounts/{account_id}/payments": {
        "amount": {"minor_units": 100, "currency": "EUR"},
        "processor_token": "pm_card_visa",
        "surplus_confirmed": True,
    },
    "POST /v1/payments/{payment_id}/resolution": {"outcome": "failed", "reason": "none"},
}


async def test_each_seller_has_gap_free_numbers_of_its_own(billing: Billing) -> None:
    aurora = [await _subscriber(billing, name, seller="aurora", plan="team-monthly") for name in ("Olga", "Paul")]
    borealis = [
        await _subscriber(billing, name, seller="borealis", plan="connect-monthly") for name in ("Quin", "Rosa")
    ]
    assert await _numbers(aurora) == ["R-000001", "R-000002"]
    assert await _numbers(borealis) == ["INV-000001", "INV-000002"]
    totals = [(await customer.invoices())[0]["total"] for customer in (*aurora, *borealis)]
    assert [total["minor_units"] for total in totals] == [58_31, 58_31, 60_00, 60_00]  # 49.00 and 19 % of it; no tax
    assert [total["currency"] for total in totals] == ["EUR", "EUR", "USD", "USD"]
    accounts = [customer.number for customer in (*aurora, *borealis)]
    assert len(set(accounts)) == len(accounts)


async def test_another_sellers_agent_finds_nothing_anywhere(billing: Billing) -> None:
    sina = await _subscriber(billing, "Sina", seller="aurora", plan="team-monthly")
    ids = await _ids_of(sina)
    token = billing.suite.token(
        str(uuid4()), sellers=["borealis"], permissions=sorted(permission.value for permission in Permission)
    )
    doors = [(service, door) for service in SERVICES for door in await _doors_of_accounts(billing, service)]
    answers = {door: await _knock(billing, service, door=door, ids=ids, token=token) for service, door in doors}
    assert {door: answer for door, answer in answers.items() if answer != httpx2.codes.NOT_FOUND} == {}
    assert set(BODIES) < set(answers)
    own = billing.suite.token(str(uuid4()), sellers=["aurora"], permissions=sorted(p.value for p in Permission))
    reads = [(service, door) for service, door in doors if door.startswith("GET ")]
    found = {door: await _knock(billing, service, door=door, ids=ids, token=own) for service, door in reads}
    assert {door: answer for door, answer in found.items() if answer != httpx2.codes.OK} == {}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_services_role_cannot_open_another_services_database(billing: Billing, service: str) -> None:
    own = billing.suite.databases[service]
    for other in SERVICES:
        dsn = urlunsplit(urlsplit(own.dsn)._replace(path=f"/{billing.suite.databases[other].database}"))
        if other == service:
            await (await asyncpg.connect(dsn)).close()
            continue
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            await asyncpg.connect(dsn)


async def _subscriber(billing: Billing, name: str, *, seller: str, plan: str) -> Customer:
    customer = await billing.open_account(name, seller=seller)
    await customer.add_card()
    await customer.subscribe(plan)
    return customer


async def _numbers(customers: list[Customer]) -> list[str]:
    return [str(invoice["number"]) for customer in customers for invoice in await customer.invoices()]


async def _ids_of(customer: Customer) -> Mapping[str, str]:
    """One of everything that stands in a path."""
    return {
        "account_id": customer.account_id,
        "invoice_id": (await customer.invoices())[0]["invoice_id"],
        "subscription_id": (await customer.get("subscriptions", "subscriptions"))["items"][0]["subscription_id"],
        "method_id": (await customer.methods())[0]["payment_method_id"],
        "payment_id": (await customer.payments())[0]["payment_id"],
        "notice_id": (await customer.get("notifications", "notices"))["items"][0]["notice_id"],
    }


async def _doors_of_accounts(billing: Billing, service: str) -> list[str]:
    """Every operation of the service's own contract that names something of an account."""
    document = (await billing.client(service).get("/openapi.json")).json()
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if "_id}" in path
    ]


async def _knock(billing: Billing, service: str, *, door: str, ids: Mapping[str, str], token: str) -> int:
    method, path = door.split(" ")
    headers = {"Authorization": f"Bearer {token}"}
    if method != "GET":
        headers["Idempotency-Key"] = str(uuid4())
    answer = await billing.client(service).request(method, path.format(**ids), headers=headers, json=BODIES.get(door))
    return answer.status_code
