"""One customer: what invoicing and payments tell of the account, and what the customer asks of subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2
from saldo_contracts import events as told
from saldo_contracts.event import Event
from saldo_contracts.wire import Amount
from saldo_messaging.clocks import MovableClock
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

SELLER = "borealis"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Customer:
    """`async with Customer(service, token_issuer) as customer:`"""

    def __init__(self, service: Harness, tokens: TokenIssuer, *, zone: str = "UTC", currency: str = "USD") -> None:
        self.service = service
        self.account_id = str(uuid4())
        self.zone = zone
        self.currency = currency
        self.http = service.client(tokens.customer(self.account_id, seller=SELLER))
        self.agent = service.client(tokens.issue(kind="agent", sellers=[SELLER]))
        self._ledger_version = 0
        self._profile_version = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()
        await self.agent.aclose()

    # -- what others tell ----------------------------------------------------------------------------------------

    async def opens_an_account(self) -> None:
        """Invoicing tells AccountOpened."""
        self._profile_version += 1
        await self._tell(
            told.AccountOpened(
                account_id=self.account_id,
                seller_id=SELLER,
                account_number=f"A-{self.account_id[:8]}",
                account_version=self._profile_version,
                currency=self.currency,
                language="en",
                time_zone=self.zone,
                country=None,
                region=None,
                postal_code=None,
                address_fingerprint=None,
                collection=told.Collection.AUTOMATIC,
                status=told.AccountStatus.OPEN,
                business=False,
                billing_contact_id=None,
            )
        )

    async def has_methods(self, qualifying: int) -> None:
        """Payments tells how many usable methods are left."""
        await self._tell(
            told.PaymentMethodRemoved(
                account_id=self.account_id,
                seller_id=SELLER,
                payment_method_id=str(uuid4()),
                method=told.MethodSummary(kind=told.MethodKind.CARD, brand="visa", last_four="4242"),
                contact_id=str(uuid4()),
                was_default=False,
                qualifying_after=qualifying,
            )
        )

    async def owes(self, minor_units: int, *, oldest: date | None = None, times: int = 1) -> None:
        """Invoicing tells the balance; all of it is overdue where an oldest due date is given."""
        self._ledger_version += 1
        await self.owed_at(self._ledger_version, minor_units, oldest=oldest, times=times)

    async def owed_at(
        self, ledger_version: int, minor_units: int, *, oldest: date | None = None, times: int = 1
    ) -> None:
        """As above, at a version of the ledger."""
        await self._tell(
            told.BalanceChanged(
                account_id=self.account_id,
                seller_id=SELLER,
                ledger_version=ledger_version,
                balance=self._amount(minor_units),
                overdue=self._amount(minor_units if oldest else 0),
                credit=self._amount(0),
                oldest_overdue_due_date=oldest,
                oldest_overdue_invoice_id=str(uuid4()) if oldest else None,
                movement=told.BalanceMovement.OTHER,
                changed_by=self._amount(0),
            ),
            times=times,
        )

    async def _tell(self, event: Event, *, times: int = 1) -> None:
        await self.service.teller.tell(event, times=times)
        await self.service.settled()

    def _amount(self, minor_units: int) -> Amount:
        return Amount(minor_units=minor_units, currency=self.currency)

    # -- what the customer does ----------------------------------------------------------------------------------

    async def orders(self, plan: str, *, key: str | None = None, **more: object) -> httpx2.Response:
        """POST .../subscriptions."""
        return await self.http.post(
            self.path("subscriptions"), json={"plan": plan, **more}, headers={"Idempotency-Key": key or str(uuid4())}
        )

    async def reads(self, what: str) -> Mapping[str, Any]:
        """GET below the account; the answer's body."""
        answer = await self.http.get(self.path(what))
        assert answer.status_code == 200, answer.text
        body: Mapping[str, Any] = answer.json()
        return body

    def path(self, what: str) -> str:
        """A path below the account."""
        return f"/v1/accounts/{self.account_id}/{what}"

    def is_mine(self, event: Event) -> bool:
        """Whether the event is of this account: the tests of a module share one service."""
        return event.account_id == self.account_id

    # -- time ----------------------------------------------------------------------------------------------------

    async def today(self) -> date:
        """Business time's day in UTC."""
        return (await self.service.runtime.clock.now()).date()

    async def waits(self, days: int) -> None:
        """Business time goes on to the beginning of a later day, from due time to due time as a conductor moves it."""
        clock = self.service.runtime.clock
        assert isinstance(clock, MovableClock)
        now = await clock.now()
        target = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=days)
        while True:
            report = await self.service.settled()
            due = report["next_due_at"]
            if due is None or datetime.fromisoformat(due) > target:
                break
            await clock.move_to(max(datetime.fromisoformat(due), await clock.now()))
        await clock.move_to(target)
        await self.service.settled()
