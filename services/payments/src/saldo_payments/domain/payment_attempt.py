"""One call to the processor: stored before it is made, under the key that the processor knows it by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from saldo_money import Money

from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.errors import IllegalTransition, NotWaiting
from saldo_payments.domain.events import DomainEvent
from saldo_payments.domain.payment_states import ATTEMPT_TRANSITIONS, OPEN_ATTEMPTS, AttemptStatus

_STATUS_AFTER = {
    Answer.SUCCEEDED: AttemptStatus.SUCCEEDED,
    Answer.DECLINED: AttemptStatus.DECLINED,
    Answer.AUTHENTICATION_REQUIRED: AttemptStatus.AUTHENTICATION_REQUIRED,
    Answer.UNKNOWN: AttemptStatus.IN_DOUBT,
}


@dataclass(slots=True, kw_only=True)
class PaymentAttempt:
    """CALLING -> SUCCEEDED | DECLINED | AUTHENTICATION_REQUIRED | IN_DOUBT; the last two only forward, never back.

    `attempt_id` is the processor's idempotency key. Everything sent with it stands here or in rows that do not change,
    so that asking again says the same. `check_after` is machine time: until then nobody else asks. `call_off` asks the
    processor to cancel a charge whose payer did not come back to authenticate.
    """

    attempt_id: str
    payment_id: str
    account_id: str
    number: int
    amount: Money
    payment_method_id: str | None
    customer_present: bool
    strong_authentication: bool
    status: AttemptStatus
    started_at: datetime
    recorded_at: datetime  # machine time; the processor forgets a key some time after it
    check_after: datetime
    traceparent: str | None
    tracestate: str | None
    checks_made: int = 0
    call_off: bool = False
    reference: str | None = None
    reason: DeclineReason | None = None
    processor_code: str | None = None
    next_action_url: str | None = None
    expires_at: datetime | None = None
    in_doubt_since: datetime | None = None
    settled_at: datetime | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether its answer is still to come."""
        return self.status in OPEN_ATTEMPTS

    def begin_check(self, *, machine_now: datetime, check_after: datetime) -> None:
        """Take the question up; raises NotWaiting if it is answered or somebody else is at it."""
        if not self.is_open or self.check_after > machine_now:
            raise NotWaiting("attempt", state=self.status.value)
        self.check_after = check_after
        self.checks_made += 1

    def settle(self, outcome: ChargeOutcome, now: datetime, *, check_after: datetime) -> AttemptStatus:
        """Take the answer; no answer leaves an authentication waiting, and anything else in doubt."""
        self.reference = outcome.reference or self.reference
        self.check_after = check_after
        status = _STATUS_AFTER[outcome.answer]
        if outcome.answer is Answer.UNKNOWN and self.status is AttemptStatus.AUTHENTICATION_REQUIRED:
            return self.status
        if status is not self.status:
            self._become(status)
        self.reason, self.processor_code = outcome.reason, outcome.code
        self.next_action_url = outcome.next_action_url
        self.in_doubt_since = (self.in_doubt_since or now) if status is AttemptStatus.IN_DOUBT else None
        self.settled_at = None if self.is_open else now
        return self.status

    def wait_for_payer(self, expires_at: datetime) -> bool:
        """Set the time the payer has, once; True the first time."""
        first = self.expires_at is None
        self.expires_at = self.expires_at or expires_at
        return first

    def ask_to_call_off(self, *, machine_now: datetime) -> None:
        """The payer's time is over: let the next question be a request to cancel, at once."""
        if self.status is not AttemptStatus.AUTHENTICATION_REQUIRED:
            raise NotWaiting("attempt", state=self.status.value)
        self.call_off = True
        self.check_after = machine_now

    def _become(self, status: AttemptStatus) -> None:
        if status not in ATTEMPT_TRANSITIONS[self.status]:
            raise IllegalTransition("payment attempt", state=self.status.value, wanted=status.value)
        self.status = status
