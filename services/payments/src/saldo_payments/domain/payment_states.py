"""The states of a payment and of its attempts, as the tables that code and charts are made of."""

from __future__ import annotations

from enum import StrEnum


class PaymentStatus(StrEnum):
    REQUESTED = "requested"
    CHARGING = "charging"
    AUTHENTICATION_REQUIRED = "authentication_required"
    IN_DOUBT = "in_doubt"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NO_LONGER_OWED = "no_longer_owed"


PAYMENT_TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.REQUESTED: frozenset({PaymentStatus.CHARGING, PaymentStatus.FAILED, PaymentStatus.NO_LONGER_OWED}),
    PaymentStatus.CHARGING: frozenset(
        {
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.AUTHENTICATION_REQUIRED,
            PaymentStatus.IN_DOUBT,
        }
    ),
    PaymentStatus.AUTHENTICATION_REQUIRED: frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED}),
    PaymentStatus.IN_DOUBT: frozenset(
        {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.AUTHENTICATION_REQUIRED}
    ),
    PaymentStatus.FAILED: frozenset({PaymentStatus.REQUESTED, PaymentStatus.NO_LONGER_OWED}),
    PaymentStatus.SUCCEEDED: frozenset(),  # money goes back by a refund, which is another thing
    PaymentStatus.NO_LONGER_OWED: frozenset(),  # what is owed anew is asked for by another payment
}
AT_PROCESSOR = frozenset({PaymentStatus.CHARGING, PaymentStatus.AUTHENTICATION_REQUIRED, PaymentStatus.IN_DOUBT})
UNSETTLED = AT_PROCESSOR | {PaymentStatus.REQUESTED}
ENDED = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.NO_LONGER_OWED})


class AttemptStatus(StrEnum):
    CALLING = "calling"
    AUTHENTICATION_REQUIRED = "authentication_required"
    IN_DOUBT = "in_doubt"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


ATTEMPT_TRANSITIONS: dict[AttemptStatus, frozenset[AttemptStatus]] = {
    AttemptStatus.CALLING: frozenset(
        {
            AttemptStatus.SUCCEEDED,
            AttemptStatus.DECLINED,
            AttemptStatus.AUTHENTICATION_REQUIRED,
            AttemptStatus.IN_DOUBT,
        }
    ),
    AttemptStatus.AUTHENTICATION_REQUIRED: frozenset({AttemptStatus.SUCCEEDED, AttemptStatus.DECLINED}),
    AttemptStatus.IN_DOUBT: frozenset(
        {AttemptStatus.SUCCEEDED, AttemptStatus.DECLINED, AttemptStatus.AUTHENTICATION_REQUIRED}
    ),
    AttemptStatus.SUCCEEDED: frozenset(),
    AttemptStatus.DECLINED: frozenset(),
}
OPEN_ATTEMPTS = frozenset({AttemptStatus.CALLING, AttemptStatus.AUTHENTICATION_REQUIRED, AttemptStatus.IN_DOUBT})


class PaymentOrigin(StrEnum):
    """Who started it: an issued invoice, or the payer."""

    AUTOPAY = "autopay"
    ONE_TIME = "one_time"
