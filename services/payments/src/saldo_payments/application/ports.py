"""What the use cases ask of the outside: the card processor, machine time, alarms, and what pages read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from saldo_money import Money

from saldo_payments.domain.attempts_window import AttemptsWindow
from saldo_payments.domain.card_check import CardCheckOutcome
from saldo_payments.domain.charge_outcome import ChargeOutcome

CLAIM_SECONDS = 90  # three processor timeouts, so a live call is never stolen


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """Everything the processor is told of an attempt; built from rows that do not change, so a repeat is equal.

    `token` is the processor's name of the card. `first_asked_at` is machine time. `reference` is the processor's id of
    the charge where it is known already.
    """

    attempt_id: str
    payment_id: str
    account_id: str
    seller_id: str
    amount: Money
    token: str | None = field(repr=False)
    customer: str | None
    customer_present: bool
    strong_authentication: bool
    first_asked_at: datetime
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCheckRequest:
    """Everything the processor is told of a card that it should keep for later charges."""

    payment_method_id: str
    account_id: str
    seller_id: str
    token: str = field(repr=False)
    customer: str | None
    strong_authentication: bool
    reference: str | None = None


class CardProcessor(Protocol):
    """Charges cards and keeps them; `attempt_id` is the idempotency key of a charge.

    The promise of every adapter: one attempt moves money at most once, however often it is asked; no method raises for
    anything that the processor, the network or the time limit does: what is not known is answered UNKNOWN; a token is
    neither logged nor returned.
    """

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Ask for the money. Asked again with an equal request it answers the same and charges nothing."""

    async def look_up(self, request: ChargeRequest) -> ChargeOutcome:
        """What became of an attempt. An attempt that never arrived may be charged by this, under its own key."""

    async def call_off(self, request: ChargeRequest) -> ChargeOutcome:
        """Cancel a charge whose payer did not authenticate; the answer says how it really ended."""

    async def keep_card(self, request: CardCheckRequest) -> CardCheckOutcome:
        """Check a card and keep it for charges without the customer; repeatable."""


class BadSignature(Exception):
    """A message that does not prove to be the processor's; nothing of it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorNews:
    """A message of the processor's own accord; `command` is None where it means nothing here."""

    news_id: str
    command: object | None


class ProcessorMail(Protocol):
    """Reads what the processor sends by itself."""

    def read(self, body: bytes, signature: str | None) -> ProcessorNews:
        """Verify the signature over the raw body, then read it; raises BadSignature."""


class MachineTime(Protocol):
    """The wall clock, for leases and back-off only; business time is `work.now`."""

    def now(self) -> datetime:
        """Aware, UTC."""


class Alarms(Protocol):
    """Calls a human; nothing is decided by it."""

    def in_doubt_too_long(self, *, payment_id: str, attempt_id: str, at: datetime) -> None:
        """An operator must find out what became of an attempt."""

    def answers_contradict(self, *, payment_id: str, attempt_id: str, settled: str, told: str) -> None:
        """The processor said one thing and now says another of the same attempt."""

    def method_undecided(self, *, payment_method_id: str, account_id: str) -> None:
        """A submitted card has no decision within its time (C-10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """What pages and checks of reach read of an account."""

    account_id: str
    seller_id: str
    currency: str
    autopay: bool
    automatic_collection: bool
    default_method_id: str | None
    attempts: AttemptsWindow
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodView:
    """A card as pages show it."""

    payment_method_id: str
    account_id: str
    status: str
    brand: str
    last_four: str
    expiry_year: int
    expiry_month: int
    is_default: bool
    submitted_at: datetime
    decision_due_at: datetime
    decided_at: datetime | None
    decision_overdue: bool
    rejection: str | None
    rests_until: datetime | None
    next_action_url: str | None
    contact_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One call to the processor as pages show it."""

    attempt_id: str
    number: int
    status: str
    amount: Money
    payment_method_id: str | None
    reason: str | None
    started_at: datetime
    settled_at: datetime | None
    next_action_url: str | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment as pages show it; attempts are filled in where one payment is asked for."""

    payment_id: str
    account_id: str
    seller_id: str
    origin: str
    status: str
    asked: Money
    amount: Money
    invoice_id: str | None
    payment_method_id: str | None
    brand: str | None
    last_four: str | None
    requested_at: datetime
    ended_at: datetime | None
    captured_at: datetime | None
    reason: str | None
    next_automatic_try_at: datetime | None
    held_until: datetime | None
    in_doubt_alarmed: bool
    resolution_reason: str | None
    version: int
    attempts: tuple[AttemptView, ...] = ()


class Readings(Protocol):
    """What pages read; nothing is locked and no aggregate is loaded."""

    async def account(self, account_id: str) -> AccountView | None: ...

    async def methods(self, account_id: str, *, after: tuple[datetime, str] | None, limit: int) -> Sequence[MethodView]:
        """Newest first."""

    async def method(self, account_id: str, payment_method_id: str) -> MethodView | None: ...

    async def payments(
        self, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[PaymentView]:
        """Newest first, without attempts."""

    async def payment(self, account_id: str, payment_id: str) -> PaymentView | None:
        """With its attempts, oldest first."""

    async def promised_tries(self, account_id: str) -> int:
        """Payments asked for by the payer that have not reached the processor yet."""

    async def owner_of_payment(self, payment_id: str) -> str | None:
        """The account of a payment."""
