"""The kinds of timer payments sets and the keys they are known by; bootstrap says which command each one wakes."""

from __future__ import annotations

RETRY_PAYMENT = "retry_payment"
AUTHENTICATION_OVER = "authentication_over"
IN_DOUBT_ALARM = "in_doubt_alarm"
METHOD_UNDECIDED = "method_undecided"


def retry_key(payment_id: str) -> str:
    """One wake-up a payment: a retry, or the end of what holds it."""
    return f"retry/{payment_id}"


def authentication_key(attempt_id: str) -> str:
    return f"authentication/{attempt_id}"


def in_doubt_key(attempt_id: str) -> str:
    return f"in-doubt/{attempt_id}"


def method_undecided_key(payment_method_id: str) -> str:
    return f"method-undecided/{payment_method_id}"
