"""An account as its owners tell of it, and its payer at the API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx2
from saldo_contracts.events import (
    AccountOpened,
    AccountStatus,
    Collection,
    DocumentKind,
    InvoiceIssued,
    InvoicePart,
    PaymentApplied,
    PaymentMethodValidated,
)
from saldo_contracts.wire import Amount
from saldo_testkit.harness import Harness

CURRENCY = "EUR"
STATUS_SECONDS = 20.0
ASK_SECONDS = 0.02


def eur(minor_units: int) -> Amount:
    return Amount(minor_units=minor_units, currency=CURRENCY)


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as it was told."""

    invoice_id: str
    number: str
    open: int


@dataclass(slots=True)
class Customer:
    """One account of the seller borealis."""

    service: Harness
    account_id: str
    http: httpx2.AsyncClient
    seller_id: str = "borealis"
    _invoices: int = field(default=0)

    @property
    def path(self) -> str:
        return f"/v1/accounts/{self.account_id}"

    # -- what others tell ----------------------------------------------------------------------------------------

    async def opens(self, *, country: str = "US", collection: Collection = Collection.AUTOMATIC) -> None:
        await self.service.teller.tell(
            AccountOpened(
                account_id=self.account_id,
                seller_id=self.seller_id,
                account_number=f"B-{self.account_id[:8]}",
                account_version=1,
                currency=CURRENCY,
                language="en",
                time_zone="UTC",
                country=country,
                region=None,
                postal_code=None,
                address_fingerprint=None,
                collection=collection,
                status=AccountStatus.OPEN,
                business=False,
                billing_contact_id=None,
            )
        )

    async def is_invoiced(self, minor_units: int, *, due: date = date(2026, 3, 1)) -> Invoice:
        self._invoices += 1
        invoice = Invoice(str(uuid4()), f"INV-{self.account_id[:8]}-{self._invoices}", minor_units)
        await self.service.teller.tell(
            InvoiceIssued(
                account_id=self.account_id,
                seller_id=self.seller_id,
                invoice_id=invoice.invoice_id,
                number=invoice.number,
                account_number=f"B-{self.account_id[:8]}",
                kind=DocumentKind.RECURRING,
                currency=CURRENCY,
                total=eur(minor_units),
                tax_total=eur(0),
                open_amount=eur(minor_units),
                issue_date=due,
                due_date=due,
                charges_id=None,
                service_period=None,
                collection=Collection.AUTOMATIC,
                line_count=1,
                hardware=False,
                document_url=None,
            )
        )
        return invoice

    async def sees_applied(self, payment_id: str, *parts: tuple[Invoice, int, int]) -> None:
        """Invoicing books the payment; a part is an invoice, what it got, what is open on it afterwards."""
        total = sum(amount for _, amount, _ in parts)
        await self.service.teller.tell(
            PaymentApplied(
                account_id=self.account_id,
                seller_id=self.seller_id,
                payment_id=payment_id,
                amount=eur(total),
                applications=tuple(
                    InvoicePart(
                        invoice_id=invoice.invoice_id, number=invoice.number, amount=eur(amount), open_after=eur(left)
                    )
                    for invoice, amount, left in parts
                ),
                surplus=eur(0),
                applied_at=datetime.now(UTC),
            )
        )

    # -- what the payer does -------------------------------------------------------------------------------------

    async def submits_card(
        self, card: str = "pm_card_visa", *, brand: str = "visa", make_default: bool = False, **changes: object
    ) -> httpx2.Response:
        body: dict[str, Any] = {
            "processor_token": card,
            "card": {"brand": brand, "last_four": "4242", "expiry_year": 2031, "expiry_month": 8},
            "contact": {"name": "Ada Example", "email": f"{self.account_id}@customer.example", "language": "en"},
            "make_default": make_default,
            **changes,
        }
        return await self.http.post(f"{self.path}/payment-methods", json=body, headers=new_key())

    async def adds_card(self, card: str = "pm_card_visa", *, make_default: bool = False) -> str:
        """Submits a card and waits until it may be charged."""
        response = await self.submits_card(card, make_default=make_default)
        assert response.status_code == 202, response.text
        method_id: str = response.json()["payment_method_id"]
        await self.service.observer.one(
            PaymentMethodValidated, where=lambda event: event.payment_method_id == method_id
        )
        return method_id

    async def pays(self, minor_units: int, *, key: str | None = None, **how: object) -> httpx2.Response:
        return await self.asks_to_pay({"amount": {"minor_units": minor_units, "currency": CURRENCY}, **how}, key=key)

    async def asks_to_pay(self, body: Mapping[str, object], *, key: str | None = None) -> httpx2.Response:
        """Waits for the payment to come to rest."""
        headers = {"Idempotency-Key": key} if key else new_key()
        return await self.http.post(f"{self.path}/payments", json=body, headers={**headers, "Prefer": "wait=10"})

    async def payment(self, payment_id: str) -> Mapping[str, Any]:
        response = await self.http.get(f"{self.path}/payments/{payment_id}")
        assert response.status_code == 200, response.text
        found: Mapping[str, Any] = response.json()
        return found

    async def payment_that_is(self, status: str) -> str:
        """The id of the account's newest payment, once it has this status."""
        async with asyncio.timeout(STATUS_SECONDS):
            while True:
                response = await self.http.get(f"{self.path}/payments")
                items = response.json()["items"]
                if items and items[0]["status"] == status:
                    payment_id: str = items[0]["payment_id"]
                    return payment_id
                await asyncio.sleep(ASK_SECONDS)

    async def methods(self) -> list[Mapping[str, Any]]:
        response = await self.http.get(f"{self.path}/payment-methods")
        assert response.status_code == 200, response.text
        items: list[Mapping[str, Any]] = response.json()["items"]
        return items

    async def stored_token(self, method_id: str) -> str:
        """The processor's name of a kept card."""
        token: str = await self.service.runtime.database.pool.fetchval(
            "select processor_token from payment_methods where payment_method_id = $1::text::uuid", method_id
        )
        return token


def new_key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}
