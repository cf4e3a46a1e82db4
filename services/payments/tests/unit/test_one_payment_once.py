"""Whatever happens in whatever order: no invoice is paid twice, no attempt has two ends ("one payment, once")."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from saldo_contracts.events import PaymentSucceeded
from saldo_payments.application import timers as kinds
from saldo_payments.application.autopay import Autopay
from saldo_payments.application.begin_charge import BeginCharge, BeginChargeHandler
from saldo_payments.application.charge_requests import charge_request
from saldo_payments.application.copy_invoices import CopyOpenAmounts, CopyOpenAmountsHandler, OpenAfter
from saldo_payments.application.make_one_time_payment import MakeOneTimePayment, MakeOneTimePaymentHandler
from saldo_payments.application.ports import ChargeRequest
from saldo_payments.application.reconcile_payment import ReconcilePayment, ReconcilePaymentHandler
from saldo_payments.application.request_payment import RequestPayment, RequestPaymentHandler
from saldo_payments.application.retry_payment import RetryPayment, RetryPaymentHandler
from saldo_payments.application.settle_charge import SettleCharge, SettleChargeHandler
from saldo_payments.application.settlement import Settlement
from saldo_payments.domain.charge_outcome import ChargeOutcome
from saldo_payments.domain.errors import PaymentsError
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_states import ENDED, PaymentStatus
from saldo_payments.domain.terms import CollectionTerms

from services.payments.tests.examples import a_method, an_account
from services.payments.tests.fake_books import FakeAlarms, FakeBooks, FakeMachineTime
from services.payments.tests.fake_processor import FakeProcessor

TERMS = CollectionTerms(attempts_max=50, attempts_kept_for_payer=0)  # the limit is another test's
STEPS = st.sampled_from(
    [
        "invoice",
        "pay",
        "pay_declined",
        "begin",
        "call",
        "call_lost",
        "call_unheard",
        "ask",
        "book",
        "settle_again",
        "hour",
    ]
)


@dataclass
class World:
    """One account, its owner's ledger, the processor, and everything that is under way between them."""

    books: FakeBooks = field(default_factory=FakeBooks)
    machine: FakeMachineTime = field(default_factory=FakeMachineTime)
    processor: FakeProcessor = field(default_factory=FakeProcessor)
    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    claimed: deque[ChargeRequest] = field(default_factory=deque)
    settled: list[SettleCharge] = field(default_factory=list)
    owed: dict[str, int] = field(default_factory=dict)
    invoiced: int = 0

    def __post_init__(self) -> None:
        self.account = an_account()
        method = a_method(self.account)
        self.account.default_method_id = method.payment_method_id
        self.books.put(self.account, method)
        settlement = Settlement(TERMS, self.machine)
        self._settle = SettleChargeHandler(settlement, self.alarms)
        self._begin = BeginChargeHandler(TERMS, self.machine)
        self._ask = ReconcilePaymentHandler(self.machine)
        self._request = RequestPaymentHandler(Autopay(TERMS, self.machine))
        self._pay = MakeOneTimePaymentHandler(TERMS, self.machine)

    async def step(self, name: str) -> None:
        match name:
            case "invoice":
                await self.invoice()
            case "pay":
                await self.pay("pm_card_visa")
            case "pay_declined":
                await self.pay("pm_card_chargeDeclined")
            case "begin":
                await self.begin()
            case "call":
                await self.call()
            case "call_lost":
                with self.processor.silent(before_charging=True):
                    await self.call()
            case "call_unheard":
                with self.processor.silent(before_charging=False):
                    await self.call()
            case "ask":
                await self.ask()
            case "book":
                await self.book()
            case "settle_again":
                for command in self.settled[-2:]:
                    await self.books.run(self._settle, command)
            case "hour":
                await self.pass_an_hour()

    async def invoice(self) -> None:
        invoice_id, amount = str(uuid4()), 6000
        self.owed[invoice_id] = amount
        self.invoiced += amount
        command = RequestPayment(
            account_id=self.account.account_id,
            invoice_id=invoice_id,
            number=f"{len(self.owed):04}",
            open_minor_units=amount,
            currency="EUR",
            due_date=date(2026, 3, 1),
            invoice_version=1,
        )
        for _ in range(2):  # told twice
            await self.books.run(self._request, command)

    async def pay(self, card: str) -> None:
        command = MakeOneTimePayment(
            account_id=self.account.account_id,
            minor_units=4500,
            currency="EUR",
            payment_method_id=None,
            processor_token=card,
            invoice_id=None,
            surplus_confirmed=False,
        )
        await self._unless_refused(self._pay, command)

    async def begin(self) -> None:
        for payment in self.books.every(Payment):
            command = BeginCharge(payment_id=payment.payment_id, account_id=payment.account_id)
            answer = await self._unless_refused(self._begin, command)
            if answer is not None:
                self.claimed.append(charge_request(answer))

    async def call(self) -> None:
        if self.claimed:
            request = self.claimed.popleft()
            await self.settle(request, await self.processor.charge(request))

    async def ask(self) -> None:
        """Leases and back-off are over; calls that are still under way come back later, and too late."""
        self.machine.at += timedelta(hours=1)
        for attempt in self.books.every(PaymentAttempt):
            command = ReconcilePayment(
                account_id=attempt.account_id, payment_id=attempt.payment_id, attempt_id=attempt.attempt_id
            )
            answer = await self._unless_refused(self._ask, command)
            if answer is not None:
                request = charge_request(answer)
                await self.settle(request, await self.processor.look_up(request))

    async def settle(self, request: ChargeRequest, outcome: ChargeOutcome) -> None:
        command = SettleCharge(
            account_id=request.account_id,
            payment_id=request.payment_id,
            attempt_id=request.attempt_id,
            outcome=outcome,
        )
        self.settled.append(command)
        await self.books.run(self._settle, command)

    async def book(self) -> None:
        """Invoicing applies the oldest payment it has not seen: to its invoice, then to the oldest ones."""
        booked = {payment.payment_id for payment in self.books.every(Payment) if payment.applied}
        for told in self.books.of(PaymentSucceeded):
            if told.payment_id not in booked:
                rest, touched = told.amount.minor_units, list[str]()
                for invoice_id in (*told.intended_invoice_ids, *self.owed):
                    taken = min(rest, self.owed[invoice_id])
                    if taken:
                        self.owed[invoice_id] -= taken
                        rest -= taken
                        touched.append(invoice_id)
                assert rest == 0, "more was collected than was owed"
                parts = tuple(
                    OpenAfter(invoice_id=invoice_id, number="", open_minor_units=self.owed[invoice_id], currency="EUR")
                    for invoice_id in dict.fromkeys(touched)
                )
                command = CopyOpenAmounts(account_id=self.account.account_id, parts=parts, payment_id=told.payment_id)
                await self.books.run(CopyOpenAmountsHandler(), command)
                return

    async def pass_an_hour(self) -> None:
        self.books.now += timedelta(hours=1)
        for key, timer in list(self.books.timers.waiting.items()):
            if timer.kind == kinds.RETRY_PAYMENT and timer.due_at <= self.books.now:
                del self.books.timers.waiting[key]
                command = RetryPayment(
                    account_id=str(timer.payload["account_id"]), payment_id=str(timer.payload["payment_id"])
                )
                await self.books.run(RetryPaymentHandler(), command)

    async def _unless_refused(self, handler: object, command: object):  # type: ignore[no-untyped-def]
        try:
            return await self.books.run(handler, command)  # type: ignore[arg-type]
        except PaymentsError:
            return None

    def check(self) -> None:
        captured = self.processor.captured
        assert sum(captured.values()) <= self.invoiced
        assert self.alarms.cried == []
        for payment in self.books.every(Payment):
            attempts = [a for a in self.books.every(PaymentAttempt) if a.payment_id == payment.payment_id]
            assert sum(1 for attempt in attempts if attempt.is_open) <= 1
            assert sum(1 for attempt in attempts if captured[attempt.attempt_id]) <= 1
            assert payment.one_time_token is None or payment.status not in ENDED
        told = [event.payment_id for event in self.books.of(PaymentSucceeded)]
        assert len(told) == len(set(told))

    async def finish(self) -> None:
        """Let everything come to rest; then all that was owed is collected, once."""
        for _ in range(6):
            for step in ("begin", "ask", *["call"] * 20, *["book"] * 20, "hour"):
                await self.step(step)
                self.check()
        assert sum(self.processor.captured.values()) == self.invoiced
        assert all(open_amount == 0 for open_amount in self.owed.values())
        assert all(copy.open.is_zero for copy in self.books.every(InvoiceCopy))
        assert {payment.status for payment in self.books.every(Payment)} <= ENDED
        applied = [p for p in self.books.every(Payment) if p.status is PaymentStatus.SUCCEEDED]
        assert all(payment.applied for payment in applied)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_whatever_the_order_what_is_owed_is_collected_once(steps: list[str]) -> None:
    async def story() -> None:
        world = World()
        for step in steps:
            await world.step(step)
            world.check()
        await world.finish()

    asyncio.run(story())
