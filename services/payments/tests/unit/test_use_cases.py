"""Single decisions of the use cases that no story above shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from saldo_contracts.events import PaymentFailed, PaymentMethodRejected, PaymentMethodValidated
from saldo_money import Money
from saldo_payments.application.alarm_undecided_method import AlarmUndecidedMethod, AlarmUndecidedMethodHandler
from saldo_payments.application.autopay import Autopay
from saldo_payments.application.begin_charge import BeginCharge, BeginChargeHandler
from saldo_payments.application.copy_account import CopyAccount, CopyAccountHandler
from saldo_payments.application.make_one_time_payment import MakeOneTimePayment, MakeOneTimePaymentHandler
from saldo_payments.application.request_payment import RequestPayment, RequestPaymentHandler
from saldo_payments.application.settle_charge import SettleCharge, SettleChargeHandler
from saldo_payments.application.settle_validation import SettleValidation, SettleValidationHandler
from saldo_payments.application.settlement import Settlement
from saldo_payments.domain.account import Account
from saldo_payments.domain.card_check import CardCheckOutcome, CheckAnswer
from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.ids import attempt_id, autopay_payment_id
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_method import CardFace, PaymentMethod
from saldo_payments.domain.payment_states import PaymentStatus
from saldo_payments.domain.terms import CollectionTerms
from saldo_work import Actor, ActorKind, Cause, NotFound, NotYetKnown

from services.payments.tests.examples import a_method, a_payment, an_account
from services.payments.tests.fake_books import FakeAlarms, FakeBooks, FakeMachineTime

TERMS = CollectionTerms()
MACHINE = FakeMachineTime()
AUTOPAY = Autopay(TERMS, MACHINE)
SUCCEEDED = ChargeOutcome(answer=Answer.SUCCEEDED, reference="charge")
DECLINED = ChargeOutcome(answer=Answer.DECLINED, reason=DeclineReason.ISSUER_DECLINED)


def _issued(account: Account, minor_units: int = 6000) -> RequestPayment:
    return RequestPayment(
        account_id=account.account_id,
        invoice_id=str(uuid4()),
        number="INV-1",
        open_minor_units=minor_units,
        currency="EUR",
        due_date=date(2026, 3, 1),
        invoice_version=1,
    )


def _wished(account_id: str) -> MakeOneTimePayment:
    return MakeOneTimePayment(
        account_id=account_id,
        minor_units=100,
        currency="EUR",
        payment_method_id=None,
        processor_token="pm_card_visa",
        invoice_id=None,
        surplus_confirmed=True,
    )


@pytest.mark.parametrize("automatic", [True, False])
async def test_an_account_that_pays_by_transfer_is_never_charged(automatic: bool) -> None:
    books, account = FakeBooks(), an_account(automatic=automatic)
    method = a_method(account)
    account.default_method_id = method.payment_method_id
    books.put(account, method)
    await books.run(RequestPaymentHandler(AUTOPAY), _issued(account))
    assert len(books.every(Payment)) == (1 if automatic else 0)


async def test_while_a_card_is_checked_the_invoice_waits_for_the_decision() -> None:
    books, account = FakeBooks(), an_account()
    method = a_method(account, status=MethodStatus.PENDING)
    books.put(account, method)
    issued = _issued(account)
    await books.run(RequestPaymentHandler(AUTOPAY), issued)
    assert books.every(Payment) == []
    face = CardFace(brand="visa", last_four="4242", expiry_year=2030, expiry_month=8)
    outcome = CardCheckOutcome(answer=CheckAnswer.ACCEPTED, card=face, token="kept", customer="customer")
    command = SettleValidation(
        payment_method_id=method.payment_method_id, account_id=account.account_id, outcome=outcome
    )
    handler = SettleValidationHandler(TERMS, MACHINE, autopay=AUTOPAY)
    for _ in range(2):
        await books.run(handler, command)
    assert len(books.of(PaymentMethodValidated)) == 1
    assert books.the(Payment, autopay_payment_id(issued.invoice_id)).status is PaymentStatus.REQUESTED


async def test_the_processors_word_on_the_brand_wins_over_the_pages() -> None:
    books, account = FakeBooks(), an_account()
    method = a_method(account, status=MethodStatus.PENDING)
    books.put(account, method)
    face = CardFace(brand="jcb", last_four="0505", expiry_year=2030, expiry_month=8)
    outcome = CardCheckOutcome(answer=CheckAnswer.ACCEPTED, card=face, token="kept", customer="customer")
    command = SettleValidation(
        payment_method_id=method.payment_method_id, account_id=account.account_id, outcome=outcome
    )
    await books.run(SettleValidationHandler(TERMS, MACHINE, autopay=AUTOPAY), command)
    (rejected,) = books.of(PaymentMethodRejected)
    assert (rejected.reason.value, rejected.method.brand) == ("brand_not_accepted", "jcb")
    assert books.the(Account, account.account_id).default_method_id is None


@pytest.mark.parametrize(
    ("country", "asked"), [("IT", True), ("GB", True), ("US", False), ("CH", False), (None, False)]
)
async def test_strong_authentication_is_asked_of_the_union_and_the_kingdom_only(
    country: str | None, asked: bool
) -> None:
    books, account = FakeBooks(), replace(an_account(), country=country)
    payment = a_payment(100, account_id=account.account_id)
    payment.surplus_confirmed = True
    books.put(account, payment)
    command = BeginCharge(payment_id=payment.payment_id, account_id=account.account_id)
    answer = await books.run(BeginChargeHandler(TERMS, MACHINE), command)
    assert answer is not None and answer["strong_authentication"] is asked


async def test_only_what_is_still_open_is_charged() -> None:
    books, account = FakeBooks(), an_account()
    payment = a_payment(5000, account_id=account.account_id)
    invoice = InvoiceCopy(
        invoice_id=str(uuid4()),
        account_id=account.account_id,
        number="INV-1",
        open=Money(3000, "EUR"),
        due_date=None,
        invoice_version=1,
    )
    books.put(account, payment, invoice)
    command = BeginCharge(payment_id=payment.payment_id, account_id=account.account_id)
    answer = await books.run(BeginChargeHandler(TERMS, MACHINE), command)
    assert answer is not None and answer["minor_units"] == 3000
    stored = books.the(Payment, payment.payment_id)
    assert (stored.asked.minor_units, stored.amount.minor_units) == (5000, 3000)


@pytest.mark.parametrize(("first", "second"), [(SUCCEEDED, DECLINED), (DECLINED, SUCCEEDED)])
async def test_an_answer_that_contradicts_the_end_changes_nothing_and_calls_a_human(
    first: ChargeOutcome, second: ChargeOutcome
) -> None:
    books, account, alarms = FakeBooks(), an_account(), FakeAlarms()
    payment = a_payment(100, account_id=account.account_id)
    payment.surplus_confirmed = True
    books.put(account, payment)
    begin = BeginCharge(payment_id=payment.payment_id, account_id=account.account_id)
    await books.run(BeginChargeHandler(TERMS, MACHINE), begin)
    handler = SettleChargeHandler(Settlement(TERMS, MACHINE), alarms)
    for outcome in (first, second):
        command = SettleCharge(
            account_id=account.account_id,
            payment_id=payment.payment_id,
            attempt_id=attempt_id(payment.payment_id, 1),
            outcome=outcome,
        )
        await books.run(handler, command)
        ended = books.the(Payment, payment.payment_id).status
        assert ended is (PaymentStatus.SUCCEEDED if first is SUCCEEDED else PaymentStatus.FAILED)
    assert [name for name, _ in alarms.cried] == ["answers_contradict"]
    assert len(books.told) == 2  # begun, and one end


async def test_a_method_without_a_decision_is_flagged_once() -> None:
    books, account, alarms = FakeBooks(), an_account(), FakeAlarms()
    method = a_method(account, status=MethodStatus.PENDING)
    books.put(account, method)
    for _ in range(2):
        command = AlarmUndecidedMethod(payment_method_id=method.payment_method_id)
        await books.run(AlarmUndecidedMethodHandler(alarms), command)
    assert books.the(PaymentMethod, method.payment_method_id).decision_overdue
    assert [name for name, _ in alarms.cried] == ["method_undecided"]


async def test_an_older_snapshot_of_an_account_is_passed_over() -> None:
    books = FakeBooks()
    newer = CopyAccount(
        account_id=str(uuid4()),
        seller_id="borealis",
        account_number="B-1",
        account_version=2,
        currency="EUR",
        country="DE",
        automatic_collection=False,
        is_open=True,
    )
    for command in (newer, replace(newer, account_version=1, country="US", automatic_collection=True)):
        await books.run(CopyAccountHandler(), command)
    copy = books.the(Account, newer.account_id)
    assert (copy.account_version, copy.country, copy.automatic_collection) == (2, "DE", False)


async def test_an_account_that_is_not_known_yet_is_waited_for_and_anothers_is_not_found() -> None:
    books, account = FakeBooks(), an_account()
    handler = MakeOneTimePaymentHandler(TERMS, MACHINE)
    with pytest.raises(NotYetKnown):
        await books.run(handler, _wished(str(uuid4())))
    books.put(account)
    stranger = Actor(kind=ActorKind.CUSTOMER, subject="stranger", sellers=frozenset({"borealis"}))
    with pytest.raises(NotFound):
        await books.run(handler, _wished(account.account_id), Cause("request", stranger))
    assert books.every(Payment) == []


async def test_a_card_removed_before_its_turn_is_not_charged() -> None:
    books, account = FakeBooks(), an_account()
    method = a_method(account, status=MethodStatus.REMOVED)
    payment = a_payment(100, account_id=account.account_id, token=None)
    payment.payment_method_id, payment.surplus_confirmed = method.payment_method_id, True
    books.put(account, method, payment)
    command = BeginCharge(payment_id=payment.payment_id, account_id=account.account_id)
    assert await books.run(BeginChargeHandler(TERMS, MACHINE), command) is None
    (failed,) = books.of(PaymentFailed)
    assert (failed.reason.value, failed.attempt_id) == ("method_not_usable", None)


async def test_an_automatic_payment_waits_while_another_of_the_same_debt_may_still_fail() -> None:
    books, account = FakeBooks(), an_account()
    method = a_method(account)
    account.default_method_id = method.payment_method_id
    books.put(account, method)
    issued = _issued(account)
    await books.run(RequestPaymentHandler(AUTOPAY), issued)
    other = a_payment(6000, account_id=account.account_id, status=PaymentStatus.IN_DOUBT)
    books.put(other)
    payment_id = autopay_payment_id(issued.invoice_id)
    command = BeginCharge(payment_id=payment_id, account_id=account.account_id)
    assert await books.run(BeginChargeHandler(TERMS, MACHINE), command) is None
    payment = books.the(Payment, payment_id)
    assert (payment.status, payment.held_until) == (PaymentStatus.REQUESTED, books.now + timedelta(hours=1))
