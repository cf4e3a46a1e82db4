"""The states of a payment method and why one is refused."""

from __future__ import annotations

from enum import StrEnum


class MethodStatus(StrEnum):
    """Only an ACTIVE method can be charged or chosen (IBM-10)."""

    PENDING = "pending"
    ACTIVE = "active"
    REJECTED = "rejected"
    REMOVED = "removed"


METHOD_TRANSITIONS: dict[MethodStatus, frozenset[MethodStatus]] = {
    MethodStatus.PENDING: frozenset({MethodStatus.ACTIVE, MethodStatus.REJECTED, MethodStatus.REMOVED}),
    MethodStatus.ACTIVE: frozenset({MethodStatus.REMOVED}),
    MethodStatus.REJECTED: frozenset(),  # handed in again it is another method
    MethodStatus.REMOVED: frozenset(),  # the processor has forgotten it
}
TAKES_A_PLACE = frozenset({MethodStatus.PENDING, MethodStatus.ACTIVE})  # counted against the limit (C-01)


class MethodRejection(StrEnum):
    """Why a method is refused; same values as on the wire."""

    LIMIT_REACHED = "limit_reached"
    BRAND_NOT_ACCEPTED = "brand_not_accepted"
    DETAILS_INVALID = "details_invalid"
    PROCESSOR_DECLINED = "processor_declined"
    AUTHENTICATION_FAILED = "authentication_failed"
    ADDRESS_MISMATCH = "address_mismatch"
    EXPIRED = "expired"
