"""What payments knows and decides of an account: its copy, autopay, the default card, the tries of the last day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from saldo_payments.domain.attempts_window import AttemptsWindow, CountedAttempt
from saldo_payments.domain.errors import MethodNotUsable
from saldo_payments.domain.events import (
    AttemptLimitMet,
    AutopaySwitched,
    DefaultMethodChanged,
    DomainEvent,
    MethodFace,
)
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.terms import CollectionTerms


@dataclass(slots=True, kw_only=True)
class Account:
    """Its row lock is the gate of everything that moves money of the account.

    Copied from invoicing: number, version, currency, country, collection, status; from subscriptions: how many live.
    Owned here: autopay, default, tries, the processor's name for the customer.
    """

    account_id: str
    seller_id: str
    account_number: str
    account_version: int
    currency: str
    country: str | None
    automatic_collection: bool
    is_open: bool
    autopay: bool = True  # on unless the customer says otherwise (C-13)
    default_method_id: str | None = None
    attempts: AttemptsWindow = field(default_factory=AttemptsWindow)
    live_subscriptions: int = 0
    processor_customer: str | None = None
    version: int = 0
    events: list[DomainEvent] = field(default_factory=list)

    @property
    def collects_automatically(self) -> bool:
        """Whether an invoice is charged when it is issued (C-13); accounts by transfer never are."""
        return self.autopay and self.automatic_collection and self.is_open

    def copy_profile(
        self, account_version: int, *, country: str | None, automatic_collection: bool, is_open: bool
    ) -> bool:
        """Take over a snapshot; False for one older than the copy, which stays."""
        if account_version <= self.account_version:
            return False
        self.account_version = account_version
        self.country, self.automatic_collection, self.is_open = country, automatic_collection, is_open
        return True

    def switch_autopay(self, enabled: bool) -> None:
        """Switching it to what it is changes and tells nothing."""
        if enabled != self.autopay:
            self.autopay = enabled
            self.events.append(AutopaySwitched(enabled=enabled))

    def choose_default(self, method: PaymentMethod, *, by_customer: bool) -> None:
        """This card and no other is charged from now on (GOTO-55). Raises MethodNotUsable unless it is active."""
        if method.status is not MethodStatus.ACTIVE:
            raise MethodNotUsable(status=method.status.value)
        if method.payment_method_id != self.default_method_id:
            self._change_default(method.payment_method_id, method.face, by_customer=by_customer)

    def lose_default(self) -> None:
        """The default is gone and there is no other active card."""
        self._change_default(None, None, by_customer=False)

    def _change_default(self, method_id: str | None, face: MethodFace | None, *, by_customer: bool) -> None:
        previous, self.default_method_id = self.default_method_id, method_id
        self.events.append(
            DefaultMethodChanged(method_id=method_id, face=face, previous_id=previous, chosen_by_customer=by_customer)
        )

    def count_attempt(self, attempt_id: str, *, at: datetime, terms: CollectionTerms) -> None:
        """A try begins; it counts whatever method it uses (C-14)."""
        self.attempts = self.attempts.with_attempt(CountedAttempt(attempt_id, at), terms)

    def tell_limit(self, attempt_id: str, *, payment_id: str, now: datetime, terms: CollectionTerms) -> None:
        """After an answer of the processor: say so, once, if that try was the one that used up the limit."""
        until = self.attempts.blocked_until(now, terms)
        if until is not None and self.attempts.ends_with(attempt_id):
            self.events.append(AttemptLimitMet(until=until, attempts_max=terms.attempts_max, payment_id=payment_id))
