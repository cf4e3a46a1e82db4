"""The states of a payment, and what does not outlive them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from saldo_money import Money
from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.errors import IllegalTransition
from saldo_payments.domain.events import CollectionFailed, MethodFace, MoneyCollected, PayerAuthenticated
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_states import PAYMENT_TRANSITIONS, PaymentOrigin, PaymentStatus
from saldo_payments.domain.terms import CollectionTerms

from services.payments.tests.examples import NOW, a_payment

TERMS = CollectionTerms()
FACE = MethodFace("visa", "4242")
SUCCEEDED = ChargeOutcome(answer=Answer.SUCCEEDED, reference="charge", brand="visa", last_four="4242")


def _move(payment: Payment, to: PaymentStatus) -> None:
    match to:
        case PaymentStatus.REQUESTED:
            payment.request_again()
        case PaymentStatus.CHARGING:
            payment.begin(Money(100, "EUR"), method_id=None, face=FACE)
        case PaymentStatus.AUTHENTICATION_REQUIRED:
            payment.ask_for_authentication(NOW)
        case PaymentStatus.IN_DOUBT:
            payment.fall_in_doubt()
        case PaymentStatus.SUCCEEDED:
            payment.succeed(SUCCEEDED, NOW)
        case PaymentStatus.FAILED:
            payment.fail(DeclineReason.ISSUER_DECLINED, NOW, terms=TERMS)
        case PaymentStatus.NO_LONGER_OWED:
            payment.find_nothing_owed(NOW)


STAYS = {
    (PaymentStatus.REQUESTED, PaymentStatus.REQUESTED),  # what held it is over
    (PaymentStatus.IN_DOUBT, PaymentStatus.IN_DOUBT),  # asked again without an answer
    (PaymentStatus.AUTHENTICATION_REQUIRED, PaymentStatus.IN_DOUBT),  # no answer changes nothing there
    (PaymentStatus.AUTHENTICATION_REQUIRED, PaymentStatus.AUTHENTICATION_REQUIRED),
}


@pytest.mark.parametrize("start", list(PaymentStatus))
@pytest.mark.parametrize("to", list(PaymentStatus))
def test_every_other_transition_raises(start: PaymentStatus, to: PaymentStatus) -> None:
    payment = a_payment(100, status=start)
    payment.attempts_made = 1
    if to in PAYMENT_TRANSITIONS[start]:
        _move(payment, to)
        assert payment.status is to
    elif (start, to) in STAYS:
        _move(payment, to)
        assert payment.status is start
    else:
        with pytest.raises(IllegalTransition):
            _move(payment, to)
        assert payment.status is start


@pytest.mark.parametrize(
    "to",
    [
        PaymentStatus.SUCCEEDED,
        PaymentStatus.FAILED,
        PaymentStatus.AUTHENTICATION_REQUIRED,
    ],
)
def test_the_token_does_not_outlive_the_answer(to: PaymentStatus) -> None:
    payment = a_payment(100)
    payment.begin(Money(100, "EUR"), method_id=None, face=FACE)
    payment.fall_in_doubt()
    assert payment.one_time_token is not None
    _move(payment, to)
    assert payment.one_time_token is None
    assert "pm_card" not in repr(payment)


def test_success_after_the_issuers_prompts_says_that_the_payer_passed_them() -> None:
    payment = a_payment(100)
    for step in (PaymentStatus.CHARGING, PaymentStatus.AUTHENTICATION_REQUIRED, PaymentStatus.SUCCEEDED):
        _move(payment, step)
    assert [type(event) for event in payment.events[-2:]] == [PayerAuthenticated, MoneyCollected]


def test_a_payers_payment_is_never_retried_by_itself() -> None:
    payment = a_payment(100)
    _move(payment, PaymentStatus.CHARGING)
    payment.fail(DeclineReason.INSUFFICIENT_FUNDS, NOW, terms=TERMS)
    assert payment.next_automatic_try_at is None


def test_retries_are_counted_from_the_first_decline_and_missed_ones_are_left_out() -> None:
    payment = a_payment(100, invoice_id="invoice", origin=PaymentOrigin.AUTOPAY, token=None)
    at, tries = NOW, list[timedelta]()
    for late in (timedelta(0), timedelta(hours=60), timedelta(0)):
        _move(payment, PaymentStatus.CHARGING)
        payment.fail(DeclineReason.INSUFFICIENT_FUNDS, at, terms=TERMS)
        assert payment.next_automatic_try_at is not None
        tries.append(payment.next_automatic_try_at - NOW)
        at = payment.next_automatic_try_at + late
        payment.request_again()
    assert tries == [timedelta(hours=1), timedelta(days=1), timedelta(days=5)]
    _move(payment, PaymentStatus.CHARGING)
    payment.fail(DeclineReason.INSUFFICIENT_FUNDS, at, terms=TERMS)
    assert payment.next_automatic_try_at is None


def test_a_decline_that_cannot_pass_by_itself_is_not_retried() -> None:
    payment = a_payment(100, invoice_id="invoice", origin=PaymentOrigin.AUTOPAY, token=None)
    _move(payment, PaymentStatus.CHARGING)
    payment.fail(DeclineReason.CARD_EXPIRED, NOW, terms=TERMS)
    (_, failed) = payment.events
    assert isinstance(failed, CollectionFailed)
    assert (failed.consequence.retryable, failed.next_automatic_try_at) == (False, None)
