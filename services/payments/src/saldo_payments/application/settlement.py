"""What a payment, its card and its account learn from an answer of the processor."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import UnitOfWork

from saldo_payments.application.back_off import next_check_at
from saldo_payments.application.ports import MachineTime
from saldo_payments.application.timers import (
    AUTHENTICATION_OVER,
    IN_DOUBT_ALARM,
    RETRY_PAYMENT,
    authentication_key,
    in_doubt_key,
    retry_key,
)
from saldo_payments.domain.account import Account
from saldo_payments.domain.charge_outcome import ChargeOutcome
from saldo_payments.domain.declines import CONSEQUENCES, DeclineReason
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import AttemptStatus
from saldo_payments.domain.terms import CollectionTerms


@dataclass(slots=True)
class UnderSettlement:
    """What one answer touches, loaded and locked in this order; `method` is None for a card that is not kept."""

    account: Account
    method: PaymentMethod | None
    payment: Payment
    attempt: PaymentAttempt


class Settlement:
    """One place where an answer takes effect, whoever brings it: the call, a webhook, a question, an operator."""

    def __init__(self, terms: CollectionTerms, machine: MachineTime) -> None:
        self._terms = terms
        self._machine = machine

    async def settle(self, it: UnderSettlement, outcome: ChargeOutcome, work: UnitOfWork) -> None:
        """Take the answer of an open attempt and stage everything it touches."""
        work.resume_trace(it.attempt.traceparent, it.attempt.tracestate, stored_at=it.attempt.recorded_at)
        check_after = next_check_at(self._machine.now(), it.attempt.checks_made)
        match it.attempt.settle(outcome, work.now, check_after=check_after):
            case AttemptStatus.SUCCEEDED:
                it.payment.succeed(outcome, work.now)
                work.timers.cancel(retry_key(it.payment.payment_id))
            case AttemptStatus.DECLINED:
                self._decline(it, outcome.reason or DeclineReason.OTHER, work)
            case AttemptStatus.AUTHENTICATION_REQUIRED:
                self._wait_for_payer(it, work)
            case AttemptStatus.IN_DOUBT:
                self._doubt(it, work)
            case AttemptStatus.CALLING:
                raise AssertionError("an answer leaves no attempt as it was")
        if not it.attempt.is_open:
            self._close(it, work)
        work.save(it.payment)
        work.save(it.attempt)

    def _decline(self, it: UnderSettlement, reason: DeclineReason, work: UnitOfWork) -> None:
        rests_until = None
        if it.method is not None and CONSEQUENCES[reason].rests:
            rests_until = it.method.decline(work.now, self._terms)
            work.save(it.method)
        it.payment.fail(reason, work.now, terms=self._terms, rests_until=rests_until)
        if it.payment.next_automatic_try_at is not None:
            work.timers.schedule(
                RETRY_PAYMENT,
                retry_key(it.payment.payment_id),
                due_at=it.payment.next_automatic_try_at,
                payload={"payment_id": it.payment.payment_id, "account_id": it.payment.account_id},
                account_id=it.payment.account_id,
            )

    def _wait_for_payer(self, it: UnderSettlement, work: UnitOfWork) -> None:
        expires_at = work.now + self._terms.authentication_within
        if it.attempt.wait_for_payer(expires_at):
            work.timers.schedule(
                AUTHENTICATION_OVER,
                authentication_key(it.attempt.attempt_id),
                due_at=expires_at,
                payload={"attempt_id": it.attempt.attempt_id},
                account_id=it.account.account_id,
            )
        work.timers.cancel(in_doubt_key(it.attempt.attempt_id))
        it.payment.ask_for_authentication(expires_at)

    def _doubt(self, it: UnderSettlement, work: UnitOfWork) -> None:
        if it.attempt.in_doubt_since == work.now:
            work.timers.schedule(
                IN_DOUBT_ALARM,
                in_doubt_key(it.attempt.attempt_id),
                due_at=work.now + self._terms.in_doubt_alarm_after,
                payload={"payment_id": it.payment.payment_id, "attempt_id": it.attempt.attempt_id},
                account_id=it.account.account_id,
            )
        it.payment.fall_in_doubt()

    def _close(self, it: UnderSettlement, work: UnitOfWork) -> None:
        work.timers.cancel(authentication_key(it.attempt.attempt_id))
        work.timers.cancel(in_doubt_key(it.attempt.attempt_id))
        it.account.tell_limit(it.attempt.attempt_id, payment_id=it.payment.payment_id, now=work.now, terms=self._terms)
        if it.account.events:
            work.save(it.account)
