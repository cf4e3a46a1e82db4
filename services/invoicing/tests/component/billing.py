"""The words in which component tests of invoicing tell their stories: open, charge, pay, look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from saldo_contracts.event import Event
from saldo_contracts.events import (
    ChargeLine,
    ChargesFinalized,
    EndReason,
    FeeBasis,
    LineCredit,
    LineKind,
    MethodKind,
    MethodSummary,
    PaymentOrigin,
    PaymentReversed,
    PaymentSucceeded,
    ReversalReason,
    SubscriptionDowngraded,
    TaxCategory,
)
from saldo_contracts.wire import Amount, Period
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

EventT = TypeVar("EventT", bound=Event)
CARD = MethodSummary(kind=MethodKind.CARD, brand="visa", last_four="4242")


@dataclass(frozen=True, slots=True)
class Opened:
    """An account of a test."""

    account_id: str
    number: str
    seller_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class Charged:
    """Charges that were told."""

    charges_id: str
    line_ids: tuple[str, ...]


class Billing:
    """One test's hands and eyes."""

    def __init__(self, service: Harness, tokens: TokenIssuer) -> None:
        self.service = service
        self.tokens = tokens
        self.agent = service.client(tokens.issue(sellers=("aurora", "borealis", "strict")))

    # -- doing ---------------------------------------------------------------------------------------------------

    async def open(self, seller: str = "borealis", *, currency: str | None = None, **more: Any) -> Opened:
        """Open an account over HTTP."""
        currency = currency or ("EUR" if seller == "aurora" else "USD")
        answer = await self.agent.post("/v1/accounts", json=account_body(seller, currency, **more), headers=key())
        assert answer.status_code == 201, answer.text
        body = answer.json()
        return Opened(body["account_id"], body["number"], seller, currency)

    async def charge(self, account: Opened, *lines: ChargeLine, charges_id: str | None = None) -> Charged:
        """Tell that these lines are finished."""
        event = ChargesFinalized(
            account_id=account.account_id,
            seller_id=account.seller_id,
            charges_id=charges_id or str(uuid4()),
            billing_date=(await self.service.runtime.clock.now()).date(),
            trigger="run",
            period=None,
            currency=account.currency,
            lines=lines,
        )
        await self.service.teller.tell(event)
        return Charged(event.charges_id, tuple(line.line_id for line in lines))

    async def invoice(self, account: Opened, *amounts: int) -> dict[str, Any]:
        """Charge these amounts as recurring lines and wait for the invoice, as the API shows it."""
        known = {one["invoice_id"] for one in await self.invoices(account)}
        await self.charge(account, *(line(amount, account.currency) for amount in amounts))
        await self.service.settled()
        new = [one for one in await self.invoices(account) if one["invoice_id"] not in known]
        assert len(new) == 1, new
        return new[0]

    async def pay(
        self,
        account: Opened,
        minor_units: int,
        *,
        intended: Sequence[str] = (),
        payment_id: str | None = None,
        times: int = 1,
    ) -> str:
        """Tell that a payment succeeded, and wait until it is in the books."""
        event = PaymentSucceeded(
            account_id=account.account_id,
            seller_id=account.seller_id,
            payment_id=payment_id or str(uuid4()),
            amount=Amount(minor_units=minor_units, currency=account.currency),
            attempt_id=str(uuid4()),
            origin=PaymentOrigin.ONE_TIME,
            customer_present=True,
            intended_invoice_ids=tuple(intended),
            payment_method_id=None,
            method=CARD,
            captured_at=datetime.now(UTC),
            receipt_contact_id=None,
        )
        await self.service.teller.tell(event, times=times)
        await self.service.settled()
        return event.payment_id

    async def reverse(self, account: Opened, payment_id: str, minor_units: int) -> str:
        """Tell that (a part of) a payment was taken back."""
        event = PaymentReversed(
            account_id=account.account_id,
            seller_id=account.seller_id,
            payment_id=payment_id,
            amount=Amount(minor_units=minor_units, currency=account.currency),
            reversal_id=str(uuid4()),
            reason=ReversalReason.RETURNED_DEBIT,
            payment_dispute_id=None,
            method=CARD,
            reversed_at=datetime.now(UTC),
        )
        await self.service.teller.tell(event)
        await self.service.settled()
        return event.reversal_id

    async def downgrade(self, account: Opened, charged: Charged, *nets: int) -> None:
        """Tell that non-payment ended a subscription, with these net credits of the charges' lines in order."""
        today = (await self.service.runtime.clock.now()).date()
        event = SubscriptionDowngraded(
            account_id=account.account_id,
            seller_id=account.seller_id,
            subscription_id=str(uuid4()),
            product_code="team",
            plan_code="free",
            reason=EndReason.NON_PAYMENT,
            previous_plan_code="team-monthly",
            access_ended_on=today,
            downgraded_on=today,
            credits=tuple(
                LineCredit(
                    charges_id=charged.charges_id,
                    line_id=line_id,
                    net_amount=Amount(minor_units=net, currency=account.currency),
                )
                for line_id, net in zip(charged.line_ids, nets, strict=False)
            ),
            live_after=0,
        )
        await self.service.teller.tell(event)
        await self.service.settled()

    async def wait_days(self, days: int) -> None:
        """Let business days pass, all timers rung."""
        clock = self.service.runtime.clock
        await clock.move_to(await clock.now() + timedelta(days=days))  # type: ignore[union-attr]  # movable
        await self.service.settled()

    # -- seeing --------------------------------------------------------------------------------------------------

    async def get(self, path: str) -> Any:
        """A GET that must succeed."""
        answer = await self.agent.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def invoices(self, account: Opened) -> list[dict[str, Any]]:
        """The account's documents, latest first."""
        found: list[dict[str, Any]] = (await self.get(f"/v1/accounts/{account.account_id}/invoices"))["items"]
        return found

    async def balance(self, account: Opened) -> dict[str, Any]:
        """The account's balance."""
        found: dict[str, Any] = await self.get(f"/v1/accounts/{account.account_id}/balance")
        return found

    def told(self, kind: type[EventT], account: Opened) -> list[EventT]:
        """What was told of the account so far."""
        return self.service.observer.of(kind, where=lambda event: event.account_id == account.account_id)

    async def tells(self, kind: type[EventT], account: Opened, *, count: int = 1) -> list[EventT]:
        """Wait for exactly so many."""
        found = await self.service.observer.expect(
            kind, where=lambda event: event.account_id == account.account_id, count=count
        )
        assert len(found) == count, found
        return list(found)

    def story(self, account: Opened) -> list[str]:
        """The names of what invoicing told of the account on its public topic, in order."""
        return [
            type(seen.event).__name__
            for seen in self.service.observer.seen
            if seen.topic == "billing.invoicing.v1" and seen.event.account_id == account.account_id
        ]

    async def books_are_right(self) -> None:
        """No invariant is broken."""
        answer = await self.get("/v1/invariants")
        assert answer["violations"] == 0, [one for one in answer["items"] if one["violations"]]


def key() -> dict[str, str]:
    """A fresh Idempotency-Key."""
    return {"Idempotency-Key": str(uuid4())}


def account_body(seller: str, currency: str, **more: Any) -> dict[str, Any]:
    """A complete request for an account."""
    return {
        "seller_id": seller,
        "currency": currency,
        "language": "en",
        "billing_address": {"line_1": "Hauptstraße 5a", "city": "Berlin", "postal_code": "10115", "country": "DE"},
        "billing_contact": {"name": "Ada Example", "email": "ada@example.com"},
        **more,
    }


def line(
    minor_units: int,
    currency: str = "USD",
    *,
    kind: LineKind = LineKind.RECURRING,
    first: bool = False,
    tax: TaxCategory = TaxCategory.STANDARD,
    period: tuple[date, date] | None = None,
) -> ChargeLine:
    """A finished line."""
    return ChargeLine(
        line_id=str(uuid4()),
        subscription_id=str(uuid4()),
        kind=kind,
        description_key="plan.team",
        description_arguments={"plan": "Team"},
        quantity="1",
        unit_price="1.00",
        amount=Amount(minor_units=minor_units, currency=currency),
        service_period=Period(starts_on=period[0], ends_before=period[1]) if period else None,
        tax_category=tax,
        fee_basis=FeeBasis.NONE,
        wireless_class=None,
        hardware=False,
        voice=False,
        first_of_series=first,
    )
