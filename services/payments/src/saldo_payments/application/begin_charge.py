"""The last look before money moves, and the claim of a requested payment ("one payment, once")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from saldo_money import Money
from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.charge_requests import charge_answer
from saldo_payments.application.last_look import (
    HELD_OF_ACCOUNT,
    OPEN_OF_ACCOUNT,
    PENDING_OF_ACCOUNT,
    LastLook,
    last_look,
)
from saldo_payments.application.ports import CLAIM_SECONDS, MachineTime
from saldo_payments.application.timers import RETRY_PAYMENT, retry_key
from saldo_payments.domain.account import Account
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.errors import NotWaiting
from saldo_payments.domain.events import MethodFace
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment import Payment
from saldo_payments.domain.payment_attempt import PaymentAttempt
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.payment_states import AttemptStatus, PaymentOrigin, PaymentStatus
from saldo_payments.domain.strong_authentication import must_authenticate
from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginCharge:
    payment_id: str
    account_id: str


class BeginChargeHandler:
    """Answers what the processor is told, or None where the payment ended or was held instead.

    Everything is decided under the account's row lock, so two payments of an account never see the same money as free.
    """

    def __init__(self, terms: CollectionTerms, machine: MachineTime) -> None:
        self._terms = terms
        self._machine = machine

    def needs(self, command: BeginCharge) -> Needs:
        account_id = command.account_id
        return Needs(
            keys=((Account, account_id), (Payment, command.payment_id)),
            groups=(
                (PaymentMethod, HELD_OF_ACCOUNT, account_id),
                (InvoiceCopy, OPEN_OF_ACCOUNT, account_id),
                (Payment, PENDING_OF_ACCOUNT, account_id),
            ),
        )

    async def handle(self, command: BeginCharge, work: UnitOfWork) -> Answer:
        account = await work.get(Account, command.account_id)
        payment = await work.get(Payment, command.payment_id)
        if payment.status is not PaymentStatus.REQUESTED or payment.held_until is not None:
            raise NotWaiting("payment", state=payment.status.value)
        method = await self._method(account, payment, work)
        amount = await self._amount_to_charge(account, payment, method, work=work)
        if amount is None:
            work.save(payment)
            return None
        return self._begin(account, payment, amount, method=method, work=work)

    async def _method(self, account: Account, payment: Payment, work: UnitOfWork) -> PaymentMethod | None:
        """The stored card that is charged: the one the payer named, else the default of this moment."""
        automatic = payment.origin is PaymentOrigin.AUTOPAY
        method_id = account.default_method_id if automatic else payment.payment_method_id
        return await work.find(PaymentMethod, method_id) if method_id else None

    async def _amount_to_charge(
        self, account: Account, payment: Payment, method: PaymentMethod | None, *, work: UnitOfWork
    ) -> Money | None:
        """None: the payment was ended or held."""
        look = await last_look(work, account, besides=payment.payment_id)
        automatic = payment.origin is PaymentOrigin.AUTOPAY
        if automatic and not account.collects_automatically:
            payment.find_nothing_owed(work.now)
            return None
        amount = _collectable_now(payment, look)
        if not amount.is_positive:
            self._wait_or_end(payment, look, work)
            return None
        if automatic:
            until = self._automatic_must_wait(account, method, look, now=work.now)
            if until is not None:
                self._hold(payment, until, work)
                return None
        return None if self._lacks_a_card(payment, method, work) else amount

    def _wait_or_end(self, payment: Payment, look: LastLook, work: UnitOfWork) -> None:
        """Another payment of the same debt may still fail; then this one is wanted after all."""
        if payment.origin is PaymentOrigin.AUTOPAY and look.owed.of(payment.invoice_id).is_positive:
            self._hold(payment, work.now + self._terms.method_rest, work)
        else:
            payment.find_nothing_owed(work.now)

    def _automatic_must_wait(
        self, account: Account, method: PaymentMethod | None, look: LastLook, *, now: datetime
    ) -> datetime | None:
        """A declined card rests (GOTO-52), and the payer keeps tries of the day for himself."""
        waits = (
            method.resting(now) if method else None,
            account.attempts.automatic_refused_until(now, self._terms, promised=look.promised),
        )
        return max((until for until in waits if until is not None), default=None)

    def _hold(self, payment: Payment, until: datetime, work: UnitOfWork) -> None:
        payment.hold(until)
        work.timers.schedule(
            RETRY_PAYMENT,
            retry_key(payment.payment_id),
            due_at=until,
            payload={"payment_id": payment.payment_id, "account_id": payment.account_id},
            account_id=payment.account_id,
        )

    def _lacks_a_card(self, payment: Payment, method: PaymentMethod | None, work: UnitOfWork) -> bool:
        if payment.one_time_token is not None:
            return False
        if method is None:
            payment.fail(DeclineReason.NO_PAYMENT_METHOD, work.now, terms=self._terms)
        elif method.status is not MethodStatus.ACTIVE:
            payment.fail(DeclineReason.METHOD_NOT_USABLE, work.now, terms=self._terms)
        elif (until := method.resting(work.now)) is not None:
            payment.fail(DeclineReason.METHOD_NOT_USABLE, work.now, terms=self._terms, rests_until=until)
        return payment.status is PaymentStatus.FAILED

    def _begin(
        self, account: Account, payment: Payment, amount: Money, *, method: PaymentMethod | None, work: UnitOfWork
    ) -> Answer:
        method_id = method.payment_method_id if method else None
        begun = payment.begin(amount, method_id=method_id, face=method.face if method else MethodFace(None, None))
        now = self._machine.now()
        attempt = PaymentAttempt(
            attempt_id=begun,
            payment_id=payment.payment_id,
            account_id=account.account_id,
            number=payment.attempts_made,
            amount=amount,
            payment_method_id=method_id,
            customer_present=payment.customer_present,
            strong_authentication=must_authenticate(account.country, customer_present=payment.customer_present),
            status=AttemptStatus.CALLING,
            started_at=work.now,
            recorded_at=now,
            check_after=now + timedelta(seconds=CLAIM_SECONDS),
            traceparent=work.cause.traceparent,
            tracestate=work.cause.tracestate,
        )
        account.count_attempt(begun, at=work.now, terms=self._terms)
        work.save(account)
        work.save(payment)
        work.save(attempt)
        return charge_answer(payment, attempt, method)


def _collectable_now(payment: Payment, look: LastLook) -> Money:
    """An automatic payment takes what is left of its invoice; a payer's never more than was asked for."""
    if payment.origin is PaymentOrigin.AUTOPAY:
        return look.free.of(payment.invoice_id)
    return payment.asked if payment.surplus_confirmed else min(payment.asked, look.free.total)
