"""A payment: one intention to collect an amount, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from saldo_money import Money

from saldo_payments.domain.charge_outcome import ChargeOutcome
from saldo_payments.domain.declines import CONSEQUENCES, DeclineReason
from saldo_payments.domain.errors import IllegalTransition
from saldo_payments.domain.events import (
    AuthenticationAsked,
    ChargeBegun,
    CollectionFailed,
    DomainEvent,
    MethodFace,
    MoneyCollected,
    PayerAuthenticated,
)
from saldo_payments.domain.ids import attempt_id
from saldo_payments.domain.payment_states import PAYMENT_TRANSITIONS, PaymentOrigin, PaymentStatus
from saldo_payments.domain.terms import CollectionTerms


@dataclass(slots=True, kw_only=True)
class Payment:
    """REQUESTED -> CHARGING -> SUCCEEDED | FAILED | IN_DOUBT | AUTHENTICATION_REQUIRED; REQUESTED -> NO_LONGER_OWED.

    IN_DOUBT ends by the processor's answer or an operator only. FAILED -> REQUESTED is the automatic retry. `asked` is
    what was wished, `amount` what the last look left of it. A one-time token lives until the processor answered.
    """

    payment_id: str
    account_id: str
    seller_id: str
    origin: PaymentOrigin
    status: PaymentStatus
    asked: Money
    amount: Money
    invoice_id: str | None
    payment_method_id: str | None
    one_time_token: str | None = field(repr=False)
    surplus_confirmed: bool
    requested_at: datetime
    recorded_at: datetime  # machine time
    traceparent: str | None
    tracestate: str | None
    attempts_made: int = 0
    retries_planned: int = 0
    held_until: datetime | None = None
    first_declined_at: datetime | None = None
    next_automatic_try_at: datetime | None = None
    reason: DeclineReason | None = None
    brand: str | None = None
    last_four: str | None = None
    ended_at: datetime | None = None
    captured_at: datetime | None = None
    applied: bool = False
    in_doubt_alarmed: bool = False
    resolved_by: str | None = None
    resolution_reason: str | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @property
    def customer_present(self) -> bool:
        """Whether somebody can answer the issuer's prompts."""
        return self.origin is not PaymentOrigin.AUTOPAY

    @property
    def attempt_id(self) -> str | None:
        """The newest attempt."""
        return attempt_id(self.payment_id, self.attempts_made) if self.attempts_made else None

    @property
    def face(self) -> MethodFace:
        """What may be shown of the card that is used."""
        return MethodFace(self.brand, self.last_four)

    @property
    def _is_retry(self) -> bool:
        return self.attempts_made > 1

    def hold(self, until: datetime) -> None:
        """Not now: a card rests, tries are used up, or another payment of the same debt is under way."""
        self._expect(PaymentStatus.REQUESTED, wanted="held")
        self.held_until = until

    def begin(self, amount: Money, *, method_id: str | None, face: MethodFace) -> str:
        """Ask the processor for this much by this card; the new attempt's id."""
        self._become(PaymentStatus.CHARGING)
        self.amount, self.payment_method_id = amount, method_id
        self.brand, self.last_four = face.brand, face.last_four
        self.attempts_made += 1
        begun = attempt_id(self.payment_id, self.attempts_made)
        self.events.append(ChargeBegun(attempt_id=begun, retry=self._is_retry, method_id=method_id, face=face))
        return begun

    def succeed(self, outcome: ChargeOutcome, now: datetime) -> None:
        """The money is ours; told once."""
        waited_for_payer = self.status is PaymentStatus.AUTHENTICATION_REQUIRED
        self._become(PaymentStatus.SUCCEEDED)
        self.brand, self.last_four = outcome.brand or self.brand, outcome.last_four or self.last_four
        self.captured_at, self.reason = now, None
        self._end(now)
        begun = attempt_id(self.payment_id, self.attempts_made)
        if waited_for_payer:
            self.events.append(PayerAuthenticated(attempt_id=begun, at=now))
        self.events.append(
            MoneyCollected(
                attempt_id=begun,
                retry=self._is_retry,
                amount=self.amount,
                method_id=self.payment_method_id,
                face=self.face,
                captured_at=now,
            )
        )

    def ask_for_authentication(self, expires_at: datetime) -> None:
        """The issuer wants to see the payer; the processor has the card, so the token is not needed any more."""
        if self.status is PaymentStatus.AUTHENTICATION_REQUIRED:
            return
        self._become(PaymentStatus.AUTHENTICATION_REQUIRED)
        self.one_time_token = None
        begun = attempt_id(self.payment_id, self.attempts_made)
        self.events.append(AuthenticationAsked(attempt_id=begun, face=self.face, expires_at=expires_at))

    def fall_in_doubt(self) -> None:
        """The processor was asked and nobody knows."""
        if self.status not in (PaymentStatus.IN_DOUBT, PaymentStatus.AUTHENTICATION_REQUIRED):
            self._become(PaymentStatus.IN_DOUBT)

    def fail(
        self, reason: DeclineReason, now: datetime, *, terms: CollectionTerms, rests_until: datetime | None = None
    ) -> None:
        """No money, for this reason; an automatic payment names its next try where the reason allows one."""
        tried = self.status is not PaymentStatus.REQUESTED
        self._become(PaymentStatus.FAILED)
        consequence = CONSEQUENCES[reason]
        self.reason = reason
        self._end(now)
        if tried:
            self.first_declined_at = self.first_declined_at or now
        if self.origin is PaymentOrigin.AUTOPAY and tried and consequence.retryable:
            self.next_automatic_try_at = self._next_try(now, terms)
        self.events.append(
            CollectionFailed(
                attempt_id=self.attempt_id if tried else None,
                retry=self._is_retry,
                method_id=self.payment_method_id,
                face=self.face if self.brand or tried else None,
                reason=reason,
                consequence=consequence,
                method_rests_until=rests_until,
                next_automatic_try_at=self.next_automatic_try_at,
            )
        )

    def request_again(self) -> None:
        """The time of a retry has come, or what held it is over."""
        if self.status is not PaymentStatus.REQUESTED:
            self._become(PaymentStatus.REQUESTED)
            self.payment_method_id = None  # the default of that moment is charged
            self.ended_at, self.reason = None, None
        self.held_until = self.next_automatic_try_at = None

    def give_up_retrying(self) -> None:
        """No further try without somebody."""
        self.next_automatic_try_at = None

    def find_nothing_owed(self, now: datetime) -> None:
        """The last look found nothing to collect."""
        self._become(PaymentStatus.NO_LONGER_OWED)
        self.next_automatic_try_at = self.reason = None
        self._end(now)

    def note_applied(self) -> None:
        """The books show it: open amounts as told include it from now on."""
        self.applied = True

    def resolve(self, *, by: str, why: str) -> None:
        """Remember which operator ended the doubt and why."""
        self.resolved_by, self.resolution_reason = by, why

    def _next_try(self, now: datetime, terms: CollectionTerms) -> datetime | None:
        """The next point of the schedule, counted from the first decline, that is not over yet."""
        first = self.first_declined_at or now
        while self.retries_planned < len(terms.retry_schedule):
            point = first + terms.retry_schedule[self.retries_planned]
            self.retries_planned += 1
            if point > now:
                return point
        return None

    def _end(self, now: datetime) -> None:
        self.ended_at, self.held_until, self.one_time_token = now, None, None

    def _expect(self, status: PaymentStatus, *, wanted: str) -> None:
        if self.status is not status:
            raise IllegalTransition("payment", state=self.status.value, wanted=wanted)

    def _become(self, status: PaymentStatus) -> None:
        if status not in PAYMENT_TRANSITIONS[self.status]:
            raise IllegalTransition("payment", state=self.status.value, wanted=status.value)
        self.status = status
