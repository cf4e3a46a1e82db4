"""Somebody with an account: what a customer does, as the calls that the customer's pages make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import httpx2
from saldo_contracts.event import Event
from saldo_contracts.events import NotificationSent
from saldo_contracts.permissions import MEMBER_PERMISSIONS
from saldo_local.tokens import Kind as TokenKind
from saldo_money import Money

from tests.flows.expectation import Expectation, Kind
from tests.flows.mail_box import Mail
from tests.flows.processor import GOOD_CARD

if TYPE_CHECKING:
    from tests.flows.billing import Billing

Body = Mapping[str, Any]  # JSON, as it came
EventT = TypeVar("EventT", bound=Event)


class Refused(Exception):
    """A service said no; `code` is the problem's, `body` all of it."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.status = answer.status_code
        self.body: Body = answer.json()
        self.code = str(self.body.get("code") or self.body.get("type", "")).rpartition("/")[2]
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {self.status} {answer.text}")


@dataclass(frozen=True, slots=True)
class Customer:
    """An account, its owner, and every call with the owner's own token."""

    billing: Billing
    account_id: str
    number: str
    seller_id: str
    currency: str
    name: str
    email: str

    def money(self, amount: str) -> Money:
        """`money("60.00")` in the account's currency."""
        return self.billing.money(amount, self.currency)

    # -- does ----------------------------------------------------------------------------------------------------

    async def add_card(self, card: str = GOOD_CARD, *, holder: str | None = None, default: bool = False) -> str:
        """Hand a card in and wait for its check; `holder` is the address of the card's billing contact."""
        body = await self.post(
            "payments",
            "payment-methods",
            {
                "processor_token": card,
                "card": {"brand": "visa", "last_four": "4242", "expiry_year": 2034, "expiry_month": 12},
                "contact": {"name": self.name, "email": holder or self.email, "language": "en"},
                "make_default": default,
            },
        )
        await self.billing.rest()
        return str(body["payment_method_id"])

    async def autopay(self, *, enabled: bool) -> None:
        """Whether invoices are charged when they are issued."""
        await self.call("PUT", "payments", "autopay", {"enabled": enabled})

    async def subscribe(self, plan: str, *, starts: date | None = None, quantity: int = 1) -> Body:
        """Order a plan; it starts today unless another day is given."""
        body: dict[str, Any] = {"plan": plan, "quantity": quantity}
        if starts is not None:
            body["starts_on"] = starts.isoformat()
        ordered = await self.post("subscriptions", "subscriptions", body)
        await self.billing.rest()
        return ordered

    async def pay(
        self, amount: str, *, card: str = GOOD_CARD, method: str | None = None, surplus_confirmed: bool = False
    ) -> str:
        """A one-time payment by a card that is not kept, or by a method on file; its id, once it came to rest."""
        body = await self.post(
            "payments",
            "payments",
            {
                "amount": _wire(self.money(amount)),
                **({"payment_method_id": method} if method else {"processor_token": card}),
                "surplus_confirmed": surplus_confirmed,
            },
        )
        await self.billing.rest()
        return str(body["payment_id"])

    def expect(self, *chain: Kind) -> Expectation:
        """Exactly these events of this account, in this order."""
        return self.billing.expect(*chain, account_id=self.account_id)

    def told(self, kind: type[EventT]) -> list[EventT]:
        """All of this account so far, in order."""
        story = self.billing.witness.story_of(self.account_id)
        return [one.event for one in story if isinstance(one.event, kind)]

    async def mailed(self, template: str) -> int:
        """How many mails of this kind reached the owner: they were told as sent, and the mail server has them."""
        notices = {sent.notice_id for sent in self.told(NotificationSent) if sent.template == template}
        return sum(mail.notice_id in notices for mail in await self.mails())

    # -- sees ----------------------------------------------------------------------------------------------------

    async def balance(self) -> Body:
        """The whole answer."""
        return await self.get("invoicing", "balance")

    async def owed(self) -> Money:
        """What is unpaid less credit."""
        return _money((await self.balance())["current"])

    async def credit(self) -> Money:
        """Not used yet."""
        return _money((await self.balance())["credit"])

    async def invoices(self) -> Sequence[Body]:
        """Oldest first; credit notes too."""
        items: Sequence[Body] = (await self.get("invoicing", "invoices"))["items"]
        return list(reversed(items))

    async def payments_due(self) -> Sequence[Body]:
        """Late documents, oldest due first."""
        items: Sequence[Body] = (await self.get("invoicing", "payments-due"))["items"]
        return items

    async def service_state(self) -> str:
        """active, suspension_scheduled, suspended or cancelled_non_payment."""
        return str((await self.get("subscriptions", "service-state"))["state"])

    async def payment(self, payment_id: str) -> Body:
        """With its attempts."""
        return await self.get("payments", f"payments/{payment_id}")

    async def payments(self) -> Sequence[Body]:
        """Newest first."""
        items: Sequence[Body] = (await self.get("payments", "payments"))["items"]
        return items

    async def methods(self) -> Sequence[Body]:
        """What is on file."""
        items: Sequence[Body] = (await self.get("payments", "payment-methods"))["items"]
        return items

    async def mails(self) -> Sequence[Mail]:
        """To the owner's address."""
        return await self.billing.mails_to(self.email)

    # -- calls ---------------------------------------------------------------------------------------------------

    @property
    def token(self) -> str:
        """As the portal would give it to the owner: five minutes, this account only."""
        return self.billing.suite.token(
            self.account_id,
            permissions=sorted(permission.value for permission in MEMBER_PERMISSIONS),
            sellers=[self.seller_id],
            accounts=[self.account_id],
            kind=TokenKind.CUSTOMER,
        )

    async def get(self, service: str, path: str) -> Body:
        """Raises Refused."""
        return await self.call("GET", service, path)

    async def post(self, service: str, path: str, body: Body) -> Body:
        """Raises Refused."""
        return await self.call("POST", service, path, body)

    async def call(self, method: str, service: str, path: str, body: Body | None = None) -> Body:
        """One request below this account. Raises Refused."""
        url = f"/v1/accounts/{self.account_id}/{path}"
        headers = {"Authorization": f"Bearer {self.token}"}
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        answer = await self.billing.client(service).request(method, url, json=body, headers=headers)
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise Refused(answer)
        found: Body = answer.json()
        return found


def _wire(money: Money) -> Body:
    return {"minor_units": money.minor_units, "currency": money.currency.code}


def _money(amount: Body) -> Money:
    return Money(int(amount["minor_units"]), str(amount["currency"]))
