"""The story: what Ada, Bruno and time do, and which facts must come of it - names and counts, never texts."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from saldo_local.demo.customers import Customer, Doors
from saldo_local.demo.witnesses import Witnesses
from saldo_local.suite import Suite

STARTS_AT = datetime(2026, 1, 12, 9, tzinfo=UTC)
FIRST_RETRY_AT = STARTS_AT + timedelta(hours=1)
SUSPENDED_BY = STARTS_AT + timedelta(days=8)  # seven days after the due date, which is the day of issue
NEXT_MONTH = datetime(2026, 2, 13, tzinfo=UTC)
GOOD_CARD = "pm_card_visa"
EMPTY_CARD = "pm_card_chargeCustomerFail"  # can be stored, and declines every charge
PARTIAL_MINOR_UNITS = 20_00

OPENED = Counter(AccountOpened=1, InvoiceRecipientsChanged=1)
FIRST_CARD = Counter(PaymentMethodSubmitted=1, PaymentMethodValidated=1, DefaultPaymentMethodChanged=1)
SUBSCRIBED = Counter(OrderPlaced=1, SubscriptionActivated=1, BillingStarted=1)
INVOICED = Counter(ChargesFinalized=1, InvoiceIssued=1, BalanceChanged=1)
PAID = Counter(PaymentInitiated=1, PaymentSucceeded=1, PaymentApplied=1, BalanceChanged=1)
SETTLED = Counter(InvoicePaid=1, BalanceCleared=1)
DECLINED = Counter(PaymentInitiated=1, PaymentFailed=1)
OVERDUE = Counter(InvoiceOverdue=1, BalanceChanged=1)


class Story:
    """Each chapter acts, says which facts and mails must come of it, and lets the system come to rest."""

    def __init__(self, suite: Suite, doors: Doors, witnesses: Witnesses) -> None:
        self._suite = suite
        self._doors = doors
        self._witnesses = witnesses
        self.expected: dict[str, Counter[str]] = {}
        self.mails: Counter[str] = Counter()
        self.customers: list[Customer] = []

    async def tell(self) -> None:
        """Two accounts, one month and a day."""
        await self._suite.conductor.move_to(STARTS_AT)
        ada = await self._ada_subscribes_and_pays_by_autopay()
        bruno = await self._brunos_card_is_declined_again_and_again()
        await self._a_partial_payment_is_not_enough(bruno)
        await self._the_rest_brings_the_service_back(bruno)
        await self._another_card_and_a_month_later_both_pay(ada, bruno)

    async def _rest(self) -> None:
        await self._suite.conductor.settle()
        await self._witnesses.caught_up(self.expected)

    def _expect(self, customer: Customer, *facts: Counter[str], mails: int) -> None:
        """Every mail that goes out is itself told, as NotificationSent."""
        told = self.expected.setdefault(customer.account_id, Counter())
        for fact in facts:
            told.update(fact)
        told["NotificationSent"] += mails
        self.mails[customer.email] += mails

    async def _ada_subscribes_and_pays_by_autopay(self) -> Customer:
        ada = await self._doors.open_account(
            "Ada", seller_id="aurora", currency="EUR", country="DE", zone="Europe/Berlin"
        )
        self._enters(ada)
        await self._add_card(ada, GOOD_CARD)
        await self._doors.subscribe(ada, "team-monthly")
        self._expect(ada, SUBSCRIBED, INVOICED, PAID, SETTLED, mails=2)  # the invoice, the confirmation
        await self._rest()
        return ada

    def _enters(self, customer: Customer) -> None:
        """A legend for the reader, beside the story and not in it: the facts name accounts by their ids only."""
        self.customers.append(customer)
        print(
            f"({customer.name} is account {customer.account_id}, a customer of {customer.seller_id})", file=sys.stderr
        )

    async def _add_card(self, customer: Customer, card: str) -> None:
        await self._doors.add_card(customer, card)
        self._expect(customer, OPENED, FIRST_CARD, mails=1)
        await self._rest()

    async def _brunos_card_is_declined_again_and_again(self) -> Customer:
        bruno = await self._doors.open_account("Bruno", seller_id="borealis", currency="USD", country="US", zone="UTC")
        self._enters(bruno)
        await self._add_card(bruno, EMPTY_CARD)
        await self._doors.subscribe(bruno, "connect-monthly")
        self._expect(bruno, SUBSCRIBED, INVOICED, DECLINED, mails=2)  # the invoice, the failure
        await self._rest()
        await self._suite.conductor.move_to(FIRST_RETRY_AT)
        self._expect(bruno, DECLINED, mails=1)
        await self._rest()
        await self._suite.conductor.move_to(SUSPENDED_BY)
        self._expect(bruno, OVERDUE, DECLINED, DECLINED, DECLINED, Counter(ServiceSuspended=1), mails=5)
        await self._rest()
        return bruno

    async def _a_partial_payment_is_not_enough(self, bruno: Customer) -> None:
        await self._doors.pay(bruno, PARTIAL_MINOR_UNITS, GOOD_CARD)
        self._expect(bruno, PAID, Counter(InvoicePartiallyPaid=1), mails=1)
        await self._rest()

    async def _the_rest_brings_the_service_back(self, bruno: Customer) -> None:
        owed = (await self._doors.balance(bruno))["current"]["minor_units"]
        await self._doors.pay(bruno, int(owed), GOOD_CARD)
        self._expect(bruno, PAID, SETTLED, Counter(ServiceReactivated=1), mails=2)
        await self._rest()

    async def _another_card_and_a_month_later_both_pay(self, ada: Customer, bruno: Customer) -> None:
        await self._doors.add_card(bruno, GOOD_CARD, make_default=True)
        self._expect(bruno, FIRST_CARD, mails=1)
        await self._rest()
        await self._suite.conductor.move_to(NEXT_MONTH)
        for customer in (ada, bruno):
            self._expect(customer, INVOICED, PAID, SETTLED, mails=2)
        await self._rest()
