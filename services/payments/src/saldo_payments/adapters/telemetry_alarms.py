"""Alarms as a log line for a human and a counter for an alert; ids only."""

from __future__ import annotations

from datetime import datetime

from saldo_telemetry import counter, logger

_in_doubt = counter("billing.payments.in_doubt_too_long", "{payment}", "Payments in doubt beyond their alarm time")
_contradictions = counter("billing.payments.contradictions", "{answer}", "Answers that contradict a settled attempt")
_undecided = counter("billing.payment_methods.undecided", "{method}", "Cards without a decision within their time")
_log = logger(__name__)


class TelemetryAlarms:
    """Keeps the promise of `Alarms`; said inside a unit that may run twice, so an alarm may be heard twice."""

    def in_doubt_too_long(self, *, payment_id: str, attempt_id: str, at: datetime) -> None:
        _in_doubt.add(1)
        _log.error("a payment is in doubt too long", payment_id=payment_id, attempt_id=attempt_id, at=at.isoformat())

    def answers_contradict(self, *, payment_id: str, attempt_id: str, settled: str, told: str) -> None:
        _contradictions.add(1)
        _log.error(
            "the processor contradicts itself",
            payment_id=payment_id,
            attempt_id=attempt_id,
            settled=settled,
            told=told,
        )

    def method_undecided(self, *, payment_method_id: str, account_id: str) -> None:
        _undecided.add(1)
        _log.error("a card is undecided too long", payment_method_id=payment_method_id, account_id=account_id)
