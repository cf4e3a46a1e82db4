"""A card processor in memory that keeps the promise of `CardProcessor`, and fails when told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from saldo_payments.application.ports import CardCheckRequest, CardProcessor, ChargeRequest
from saldo_payments.domain.card_check import CardCheckOutcome, CheckAnswer
from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.method_states import MethodRejection
from saldo_payments.domain.payment_method import CardFace

DECLINES = {
    "pm_card_chargeDeclinedInsufficientFunds": DeclineReason.INSUFFICIENT_FUNDS,
    "pm_card_chargeDeclined": DeclineReason.ISSUER_DECLINED,
    "pm_card_chargeDeclinedExpiredCard": DeclineReason.CARD_EXPIRED,
    "pm_card_chargeDeclinedLostCard": DeclineReason.CARD_LOST_OR_STOLEN,
}
REJECTIONS = {
    "pm_card_chargeDeclinedExpiredCard": MethodRejection.EXPIRED,
    "pm_card_chargeDeclined": MethodRejection.PROCESSOR_DECLINED,
}
CHALLENGED = "pm_card_authenticationRequired"
UNKNOWN = ChargeOutcome(answer=Answer.UNKNOWN)


class FakeProcessor(CardProcessor):
    """Tokens are named as those of the simulator; `captured` is the money that moved, by attempt."""

    def __init__(self) -> None:
        self.captured: Counter[str] = Counter()
        self.asked: list[ChargeRequest] = []
        self._outcomes: dict[str, ChargeOutcome] = {}
        self._kept: dict[str, str] = {}
        self._silent_before = self._silent_after = False

    @contextmanager
    def silent(self, *, before_charging: bool) -> Iterator[None]:
        """Whoever asks gets no answer meanwhile, and the charge is made or not."""
        self._silent_before, self._silent_after = before_charging, not before_charging
        try:
            yield
        finally:
            self._silent_before = self._silent_after = False

    def authenticate(self, attempt_id: str, *, approve: bool) -> None:
        """The payer on the issuer's page."""
        outcome = self._outcomes[attempt_id]
        if approve:
            self.captured[attempt_id] += self._amount_of(attempt_id)
            self._outcomes[attempt_id] = ChargeOutcome(answer=Answer.SUCCEEDED, reference=outcome.reference)
        else:
            self._outcomes[attempt_id] = ChargeOutcome(
                answer=Answer.DECLINED, reference=outcome.reference, reason=DeclineReason.AUTHENTICATION_FAILED
            )

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        self.asked.append(request)
        if self._silent_before:
            return UNKNOWN
        if request.attempt_id not in self._outcomes:
            self._outcomes[request.attempt_id] = self._charged(request)
        return UNKNOWN if self._silent_after else self._outcomes[request.attempt_id]

    async def look_up(self, request: ChargeRequest) -> ChargeOutcome:
        if request.attempt_id in self._outcomes and not (self._silent_before or self._silent_after):
            return self._outcomes[request.attempt_id]
        return await self.charge(request)

    async def call_off(self, request: ChargeRequest) -> ChargeOutcome:
        outcome = self._outcomes.get(request.attempt_id)
        if outcome is not None and outcome.answer is Answer.AUTHENTICATION_REQUIRED:
            self._outcomes[request.attempt_id] = ChargeOutcome(
                answer=Answer.DECLINED, reference=outcome.reference, reason=DeclineReason.ABANDONED_BY_PAYER
            )
        return await self.look_up(request)

    async def keep_card(self, request: CardCheckRequest) -> CardCheckOutcome:
        if self._silent_before or self._silent_after:
            return CardCheckOutcome(answer=CheckAnswer.UNKNOWN)
        if request.token in REJECTIONS:
            return CardCheckOutcome(answer=CheckAnswer.REJECTED, rejection=REJECTIONS[request.token])
        token = f"kept-{request.payment_method_id}"
        self._kept[token] = request.token
        return CardCheckOutcome(
            answer=CheckAnswer.ACCEPTED,
            card=CardFace(brand="visa", last_four="4242", expiry_year=2030, expiry_month=8),
            token=token,
            customer=request.customer or f"customer-of-{request.account_id}",
            reference=f"check-{request.payment_method_id}",
        )

    def _charged(self, request: ChargeRequest) -> ChargeOutcome:
        card = self._kept.get(request.token or "", request.token)
        reference = f"charge-{request.attempt_id}"
        if card in DECLINES:
            return ChargeOutcome(answer=Answer.DECLINED, reference=reference, reason=DECLINES[card])
        if card == CHALLENGED and request.customer_present:
            url = f"https://issuer.test/{request.attempt_id}"
            return ChargeOutcome(answer=Answer.AUTHENTICATION_REQUIRED, reference=reference, next_action_url=url)
        if card == CHALLENGED:
            return ChargeOutcome(
                answer=Answer.DECLINED, reference=reference, reason=DeclineReason.AUTHENTICATION_REQUIRED
            )
        self.captured[request.attempt_id] += request.amount.minor_units
        return ChargeOutcome(answer=Answer.SUCCEEDED, reference=reference, brand="visa", last_four="4242")

    def _amount_of(self, attempt_id: str) -> int:
        return next(request.amount.minor_units for request in self.asked if request.attempt_id == attempt_id)
