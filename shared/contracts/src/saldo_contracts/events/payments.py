"""What payments tells: methods on file, attempts to collect, what came of them, refunds and chargebacks."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import (
    IDS_MAX,
    Amount,
    Code,
    Count,
    Country,
    Day,
    Id,
    LastFour,
    OpenVocabulary,
    Timestamp,
    Wire,
)


class MethodKind(StrEnum):
    """How money arrives. The first three are stored (limits 4, 2, 2: C-01), the last two are recorded by an agent."""

    CARD = "card"
    BANK_ACCOUNT = "bank_account"
    CONNECTED_ACCOUNT = "connected_account"
    BANK_TRANSFER = "bank_transfer"
    CHEQUE = "cheque"


class MethodSummary(Wire):
    """All that anybody but the processor may know of a method; never a card number (IBM-03)."""

    kind: MethodKind
    brand: Annotated[Code | None, Field(description="visa, mastercard, amex, discover, paypal, ...; none for others.")]
    last_four: LastFour | None


class Expiry(Wire):
    """The month printed on a card; the card is good to the last day of it."""

    year: Annotated[int, Field(ge=2000, le=9999)]
    month: Annotated[int, Field(ge=1, le=12)]


class MethodStatus(StrEnum):
    """PENDING -> ACTIVE or REJECTED; ACTIVE -> PENDING (edited), EXPIRED, REMOVED (C-10)."""

    PENDING = "pending"
    ACTIVE = "active"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REMOVED = "removed"


class MethodRejectionReason(OpenVocabulary):
    LIMIT_REACHED = "limit_reached"
    BRAND_NOT_ACCEPTED = "brand_not_accepted"
    DETAILS_INVALID = "details_invalid"
    PROCESSOR_DECLINED = "processor_declined"
    AUTHENTICATION_FAILED = "authentication_failed"
    ADDRESS_MISMATCH = "address_mismatch"
    EXPIRED = "expired"
    REFUSED_BY_AGENT = "refused_by_agent"
    OTHER = "other"


class PaymentOrigin(StrEnum):
    """Who started it: a due invoice, the payer, the payer without sign-in, the schedule of retries, an agent."""

    AUTOPAY = "autopay"
    ONE_TIME = "one_time"
    EXPRESS = "express"
    RETRY = "retry"
    OFFLINE = "offline"


class DeclineReason(OpenVocabulary):
    """Why an attempt brought no money, in our words; a processor's own codes end in its adapter."""

    ISSUER_DECLINED = "issuer_declined"
    CREDIT_LIMIT_REACHED = "credit_limit_reached"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    TRANSACTION_BLOCKED = "transaction_blocked"
    NAME_MISMATCH = "name_mismatch"
    ADDRESS_MISMATCH = "address_mismatch"
    AUTHENTICATION_REQUIRED = "authentication_required"
    AUTHENTICATION_FAILED = "authentication_failed"
    CARD_EXPIRED = "card_expired"
    CARD_NUMBER_INVALID = "card_number_invalid"
    SECURITY_CODE_INVALID = "security_code_invalid"
    CARD_LOST_OR_STOLEN = "card_lost_or_stolen"
    SUSPECTED_FRAUD = "suspected_fraud"
    BANK_ACCOUNT_CLOSED = "bank_account_closed"
    MANDATE_MISSING = "mandate_missing"
    METHOD_NOT_USABLE = "method_not_usable"
    NO_PAYMENT_METHOD = "no_payment_method"
    CURRENCY_NOT_ACCEPTED = "currency_not_accepted"
    AMOUNT_NOT_ACCEPTED = "amount_not_accepted"
    ABANDONED_BY_PAYER = "abandoned_by_payer"
    PROCESSOR_UNAVAILABLE = "processor_unavailable"
    NO_LONGER_OWED = "no_longer_owed"
    OTHER = "other"


class AdviceKey(OpenVocabulary):
    """Which advice the page and the mail give; texts stand in their translations (GOTO-56 to 63)."""

    CONTACT_ISSUER = "contact_issuer"
    TRY_ANOTHER_METHOD = "try_another_method"
    CHECK_NAME_AND_ADDRESS = "check_name_and_address"
    CHECK_CARD_DETAILS = "check_card_details"
    AUTHENTICATE = "authenticate"
    UPDATE_METHOD = "update_method"
    CONTINUE_WITH_PROVIDER = "continue_with_provider"
    TRY_LATER = "try_later"
    CONTACT_SUPPORT = "contact_support"
    NOTHING_TO_DO = "nothing_to_do"
    OTHER = "other"


class RefundFailureReason(OpenVocabulary):
    METHOD_CLOSED = "method_closed"
    EXCEEDS_PAYMENT = "exceeds_payment"
    TOO_LATE = "too_late"
    PAYMENT_DISPUTED = "payment_disputed"
    PROCESSOR_DECLINED = "processor_declined"
    OTHER = "other"


class ReversalReason(OpenVocabulary):
    RETURNED_DEBIT = "returned_debit"
    DISPUTE_LOST = "dispute_lost"
    CHEQUE_BOUNCED = "cheque_bounced"
    RECORDED_IN_ERROR = "recorded_in_error"
    OTHER = "other"


class PaymentDisputeReason(OpenVocabulary):
    FRAUDULENT = "fraudulent"
    DUPLICATE = "duplicate"
    NOT_RECOGNISED = "not_recognised"
    SERVICE_NOT_RECEIVED = "service_not_received"
    SUBSCRIPTION_CANCELLED = "subscription_cancelled"
    OTHER = "other"


class PaymentDisputeOutcome(StrEnum):
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


InvoiceIds = Annotated[tuple[Id, ...], Field(max_length=IDS_MAX)]
QualifyingAfter = Annotated[
    int, Field(ge=0, description="Active cards and connected accounts the account has now; 0 is not billable (C-02).")
]


class _MethodFact(Event):
    payment_method_id: Id
    method: MethodSummary
    contact_id: Annotated[Id, Field(description="The contact of the method's billing address: who is told (C-11).")]


class PaymentMethodSubmitted(
    _MethodFact, type="billing.payment_method.submitted.v1", subject="payment_method_id", owner="payments"
):
    """A method was handed in and waits for its check. IBM-09, IBM-10, SL-18, SL-21, SL-23, GOTO-37, 38, 43, 44."""

    expiry: Expiry | None
    decision_due_at: Annotated[Timestamp, Field(description="24 hours after submission; then an alarm (C-10).")]


class PaymentMethodValidated(
    _MethodFact, type="billing.payment_method.validated.v1", subject="payment_method_id", owner="payments"
):
    """The check passed: the method may be charged from now on. IBM-07, 10, 11, 12, 21, 24, 25, SL-23, 24, 25."""

    expiry: Expiry | None
    validated_at: Timestamp
    decided_by_agent: bool
    is_default: bool
    address_matches: Annotated[
        bool | None, Field(description="Against the account's billing address (GOTO-27); none: not known.")
    ]
    qualifying_after: QualifyingAfter


class PaymentMethodRejected(
    _MethodFact, type="billing.payment_method.rejected.v1", subject="payment_method_id", owner="payments"
):
    """The method is refused, at the door (limit, brand) or by the check. IBM-10, SL-23, SL-25, GOTO-36, GOTO-38."""

    reason: MethodRejectionReason
    limit: Annotated[Count | None, Field(description="How many of this kind an account may hold, if that is why.")]
    decided_by_agent: bool
    qualifying_after: QualifyingAfter


class PaymentMethodUpdated(
    _MethodFact, type="billing.payment_method.updated.v1", subject="payment_method_id", owner="payments"
):
    """Details of a method on file were changed; new card details are checked again. IBM-09, SL-02, 16, GOTO-35, 45."""

    expiry: Expiry | None
    status: MethodStatus
    details_replaced: bool
    qualifying_after: QualifyingAfter


class PaymentMethodRemoved(
    _MethodFact, type="billing.payment_method.removed.v1", subject="payment_method_id", owner="payments"
):
    """A method is no longer on file and frees its place. IBM-07, C-01, C-02."""

    was_default: bool
    qualifying_after: QualifyingAfter


class PaymentMethodExpiring(
    _MethodFact, type="billing.payment_method.expiring.v1", subject="payment_method_id", owner="payments"
):
    """A card will expire: told 30 and 7 days before its last good day. SL-02, C-38."""

    good_until: Day
    days_left: Count
    is_default: bool


class PaymentMethodExpired(
    _MethodFact, type="billing.payment_method.expired.v1", subject="payment_method_id", owner="payments"
):
    """A card's last good day is over; it cannot be charged any more. SL-02, SL-15."""

    good_until: Day
    is_default: bool
    qualifying_after: QualifyingAfter


class DefaultPaymentMethodChanged(
    Event, type="billing.default_payment_method.changed.v1", subject="account_id", owner="payments"
):
    """Another method is charged from now on, or none is left. GOTO-49, GOTO-55, SL-21; the summary of SL-09."""

    payment_method_id: Id | None
    method: MethodSummary | None
    previous_payment_method_id: Id | None
    chosen_by_customer: bool


class AutopayChanged(Event, type="billing.autopay.changed.v1", subject="account_id", owner="payments"):
    """Charging at issue was switched on or off. GOTO-49, C-13."""

    enabled: bool


class _PaymentFact(Event):
    payment_id: Id
    amount: Annotated[Amount, Field(description="Positive.")]


class PaymentInitiated(_PaymentFact, type="billing.payment.initiated.v1", subject="payment_id", owner="payments"):
    """Money is going to be collected; nothing has moved yet. IBM-02, 05, 16, ZOOM-12, 14, SL-14, 17, 26, 30 to 34."""

    attempt_id: Annotated[Id | None, Field(description="The first call to the processor; none if there is none.")]
    origin: PaymentOrigin
    customer_present: bool
    intended_invoice_ids: Annotated[InvoiceIds, Field(description="Empty: invoicing applies it oldest first.")]
    payment_method_id: Annotated[Id | None, Field(description="None for details that are not stored.")]
    method: MethodSummary


class PaymentAuthenticationRequired(
    _PaymentFact, type="billing.payment.authentication_required.v1", subject="payment_id", owner="payments"
):
    """The issuer wants the payer to authenticate; money waits for that. GOTO-59, GOTO-61, C-15."""

    attempt_id: Id
    origin: PaymentOrigin
    customer_present: bool
    intended_invoice_ids: InvoiceIds
    method: MethodSummary
    expires_at: Timestamp
    contact_id: Id | None


class PaymentAuthenticated(
    _PaymentFact, type="billing.payment.authenticated.v1", subject="payment_id", owner="payments"
):
    """The payer passed the issuer's authentication; the charge goes on. GOTO-59."""

    attempt_id: Id
    authenticated_at: Timestamp


class PaymentSucceeded(_PaymentFact, type="billing.payment.succeeded.v1", subject="payment_id", owner="payments"):
    """The money is ours: told once per payment, offline ones included. IBM-02, 03, 06, 20, ZOOM-14, SL-36, GOTO-51."""

    attempt_id: Annotated[Id | None, Field(description="None for a payment that no processor was asked for.")]
    origin: PaymentOrigin
    customer_present: bool
    intended_invoice_ids: Annotated[InvoiceIds, Field(description="Empty: invoicing applies it oldest first.")]
    payment_method_id: Id | None
    method: MethodSummary
    captured_at: Timestamp
    receipt_contact_id: Annotated[Id | None, Field(description="Who gets the receipt; none: the invoice recipients.")]


class PaymentFailed(_PaymentFact, type="billing.payment.failed.v1", subject="payment_id", owner="payments"):
    """An attempt brought no money, and says why and when the next may be made. IBM-06, SL-35, GOTO-52, 56, 57, 60."""

    attempt_id: Id | None
    origin: PaymentOrigin
    customer_present: bool
    intended_invoice_ids: InvoiceIds
    payment_method_id: Id | None
    method: MethodSummary | None
    reason: DeclineReason
    advice: AdviceKey
    retryable: bool
    retry_not_before: Annotated[Timestamp | None, Field(description="For this method: one hour later (GOTO-52).")]
    next_automatic_try_at: Annotated[Timestamp | None, Field(description="None: no further try without somebody.")]
    contact_id: Annotated[Id | None, Field(description="Who is told; none: the invoice recipients.")]


class PaymentAttemptLimitReached(
    Event, type="billing.payment_attempts.limit_reached.v1", subject="account_id", owner="payments"
):
    """The account used up its tries of 24 hours; every try is refused until the time given. GOTO-62, C-14."""

    until: Timestamp
    attempts_max: Count
    last_payment_id: Id | None


class OfflinePaymentRecorded(
    _PaymentFact, type="billing.payment.recorded_offline.v1", subject="payment_id", owner="payments"
):
    """An agent recorded a wire or cheque; PaymentSucceeded follows. GOTO-38, GOTO-193."""

    kind: MethodKind
    received_on: Day
    intended_invoice_ids: InvoiceIds
    case_id: Id | None


class PaymentReversed(_PaymentFact, type="billing.payment.reversed.v1", subject="payment_id", owner="payments"):
    """Money that had come was taken back: what it paid is owed again. `amount` is what was taken back."""

    reversal_id: Id
    reason: ReversalReason
    payment_dispute_id: Id | None
    method: MethodSummary
    reversed_at: Timestamp


class RefundCompleted(_PaymentFact, type="billing.refund.completed.v1", subject="refund_id", owner="payments"):
    """The processor gave the money of a refund back. SL-08."""

    refund_id: Id
    method: MethodSummary
    completed_at: Timestamp


class RefundFailed(_PaymentFact, type="billing.refund.failed.v1", subject="refund_id", owner="payments"):
    """The processor will not give the money back; invoicing reverses the refund by a new document."""

    refund_id: Id
    reason: RefundFailureReason
    failed_at: Timestamp


class PaymentDisputed(
    _PaymentFact, type="billing.payment_dispute.opened.v1", subject="payment_dispute_id", owner="payments"
):
    """The payer asked the issuer for the money back (chargeback); nothing is owed again until it is lost."""

    payment_dispute_id: Id
    reason: PaymentDisputeReason
    card_country: Country | None
    opened_at: Timestamp
    respond_by: Timestamp | None


class PaymentDisputeClosed(
    _PaymentFact, type="billing.payment_dispute.closed.v1", subject="payment_dispute_id", owner="payments"
):
    """The issuer decided; if it was lost, PaymentReversed follows."""

    payment_dispute_id: Id
    outcome: PaymentDisputeOutcome
    closed_at: Timestamp
