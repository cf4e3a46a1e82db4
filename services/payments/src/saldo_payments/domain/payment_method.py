"""A card on file: the processor's token and what may be shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from saldo_payments.domain.errors import IllegalTransition, NotWaiting
from saldo_payments.domain.events import (
    DomainEvent,
    MethodFace,
    MethodRejected,
    MethodRemoved,
    MethodSubmitted,
    MethodValidated,
)
from saldo_payments.domain.method_states import METHOD_TRANSITIONS, MethodRejection, MethodStatus
from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFace:
    """What is printed on a card, without its number; brand in the processor's lower-case word."""

    brand: str
    last_four: str
    expiry_year: int
    expiry_month: int


@dataclass(slots=True, kw_only=True)
class PaymentMethod:
    """PENDING -> ACTIVE | REJECTED | REMOVED; ACTIVE -> REMOVED (C-10).

    A declined card stays ACTIVE and rests until `rests_until` (business time, GOTO-52). `check_after` is machine time:
    until then nobody else takes the check up.
    """

    payment_method_id: str
    account_id: str
    seller_id: str
    contact_id: str
    processor_token: str
    brand: str
    last_four: str
    expiry_year: int
    expiry_month: int
    status: MethodStatus
    wanted_as_default: bool
    submitted_at: datetime
    decision_due_at: datetime
    recorded_at: datetime  # machine time
    traceparent: str | None
    tracestate: str | None
    processor_customer: str | None = None
    setup_reference: str | None = None
    next_action_url: str | None = None
    rejection: MethodRejection | None = None
    decided_at: datetime | None = None
    decision_overdue: bool = False
    rests_until: datetime | None = None
    check_after: datetime | None = None
    checks_made: int = 0
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @property
    def face(self) -> MethodFace:
        """What may be shown."""
        return MethodFace(self.brand, self.last_four)

    def submit(self, terms: CollectionTerms, *, places_taken: int, qualifying: int) -> None:
        """Take a new card in or refuse it at the door: full (GOTO-36), or of a brand that is not taken (GOTO-38)."""
        if places_taken >= terms.cards_max:
            self.reject(MethodRejection.LIMIT_REACHED, self.submitted_at, qualifying=qualifying, limit=terms.cards_max)
        elif self.brand not in terms.card_brands:
            self.reject(MethodRejection.BRAND_NOT_ACCEPTED, self.submitted_at, qualifying=qualifying)
        else:
            self.events.append(MethodSubmitted())

    def begin_check(self, *, machine_now: datetime, check_after: datetime) -> None:
        """Take the check up; raises NotWaiting if it is decided or somebody else is at it."""
        if self.status is not MethodStatus.PENDING or (self.check_after and self.check_after > machine_now):
            raise NotWaiting("payment method", state=self.status.value)
        self.check_after = check_after
        self.checks_made += 1

    def keep_as(self, card: CardFace, *, token: str, customer: str) -> None:
        """The processor's own word on the card wins over the page's, and its own names for it over the ones given."""
        self.brand, self.last_four = card.brand, card.last_four
        self.expiry_year, self.expiry_month = card.expiry_year, card.expiry_month
        self.processor_token, self.processor_customer = token, customer

    def validate(self, now: datetime, *, is_default: bool, qualifying: int) -> None:
        """The processor keeps the card for us: it may be charged at once (IBM-11)."""
        self._become(MethodStatus.ACTIVE)
        self.decided_at, self.next_action_url = now, None
        self.events.append(MethodValidated(is_default=is_default, qualifying_after=qualifying))

    def reject(self, reason: MethodRejection, now: datetime, *, qualifying: int, limit: int | None = None) -> None:
        """The card is refused and its place is free."""
        self._become(MethodStatus.REJECTED)
        self.rejection, self.decided_at = reason, now
        self.next_action_url = None
        self.events.append(MethodRejected(reason=reason, limit=limit, qualifying_after=qualifying))

    def remove(self, *, was_default: bool, qualifying: int) -> None:
        """The card is no longer on file; a charge under way is not called back."""
        self._become(MethodStatus.REMOVED)
        self.next_action_url = None
        self.events.append(MethodRemoved(was_default=was_default, qualifying_after=qualifying))

    def decline(self, now: datetime, terms: CollectionTerms) -> datetime:
        """It brought no money: it rests, and this is until when."""
        self.rests_until = now + terms.method_rest
        return self.rests_until

    def resting(self, now: datetime) -> datetime | None:
        """Until when it rests, None if it may be charged."""
        return self.rests_until if self.rests_until is not None and now < self.rests_until else None

    def _become(self, status: MethodStatus) -> None:
        if status not in METHOD_TRANSITIONS[self.status]:
            raise IllegalTransition("payment method", state=self.status.value, wanted=status.value)
        self.status = status
