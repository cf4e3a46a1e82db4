"""What subscriptions tells: trials, quotes, orders, terms, licences, usage, charges, suspension and data retention."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import (
    IDS_MAX,
    LINES_MAX,
    UUID_PATTERN,
    Amount,
    Code,
    Count,
    CurrencyCode,
    Day,
    DecimalString,
    Id,
    Number,
    OpenVocabulary,
    Period,
    Timestamp,
    Version,
    Wire,
)


class Cadence(StrEnum):
    """How often a subscription is billed (C-16, C-43); QUARTERLY by quote only (C-28)."""

    ANNIVERSARY_30D = "anniversary_30d"
    ANNIVERSARY_MONTH = "anniversary_month"
    ANNUAL = "annual"
    QUARTERLY = "quarterly"
    CALENDAR_MONTH = "calendar_month"
    USAGE_ARREARS = "usage_arrears"


class TermKind(StrEnum):
    PERIODIC = "periodic"
    FIXED = "fixed"


class LineKind(StrEnum):
    RECURRING = "recurring"
    PRORATED = "prorated"
    USAGE = "usage"
    ONE_TIME = "one_time"
    CREDIT = "credit"


class TaxCategory(StrEnum):
    """Closed on purpose: a category that invoicing does not know must stop, not be taxed by guess."""

    STANDARD = "standard"
    REDUCED = "reduced"
    ZERO_RATED = "zero_rated"
    EXEMPT = "exempt"


class FeeBasis(StrEnum):
    """Which regulatory fees a line is the base of (C-34)."""

    NONE = "none"
    INTERSTATE = "interstate"
    INTERNATIONAL = "international"
    WIRELESS = "wireless"


class ItemKind(StrEnum):
    PLAN = "plan"
    LICENCE = "licence"
    ADD_ON = "add_on"
    DEVICE = "device"
    RENTAL = "rental"
    NUMBER = "number"


class TrialOutcome(StrEnum):
    FREE = "free"
    PAID = "paid"


class SubscriptionChange(OpenVocabulary):
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    TRIAL_TO_PAID = "trial_to_paid"
    ITEMS_ADDED = "items_added"
    ITEMS_REMOVED = "items_removed"
    LICENCES_ADDED = "licences_added"
    LICENCES_REMOVED = "licences_removed"
    PRICE = "price"
    OTHER = "other"


class OrderRejection(OpenVocabulary):
    UNPAID_INVOICES = "unpaid_invoices"
    OVERDUE = "overdue"
    REGION = "region"
    NO_SHIPPING_ADDRESS = "no_shipping_address"
    NO_PAYMENT_METHOD = "no_payment_method"
    TERMS_NOT_ACCEPTED = "terms_not_accepted"
    QUOTE_NOT_OPEN = "quote_not_open"
    PRODUCT_NOT_AVAILABLE = "product_not_available"
    NO_PERMISSION = "no_permission"
    OTHER = "other"


class OrderChannel(StrEnum):
    PORTAL = "portal"
    QUOTE = "quote"
    SALES = "sales"


class CancellationRefusal(OpenVocabulary):
    NO_PERMISSION = "no_permission"
    NOT_ONLINE = "not_online"
    OUTSTANDING_BALANCE = "outstanding_balance"
    NOT_ACTIVE = "not_active"
    DETAILS_MISSING = "details_missing"
    OTHER = "other"


class EndReason(OpenVocabulary):
    CANCELLED_BY_CUSTOMER = "cancelled_by_customer"
    NOT_RENEWED = "not_renewed"
    NON_PAYMENT = "non_payment"
    TRIAL_OVER = "trial_over"
    CANCELLED_BY_SELLER = "cancelled_by_seller"
    OTHER = "other"


class RenewalFailure(OpenVocabulary):
    PAYMENT_FAILED = "payment_failed"
    SUSPENDED = "suspended"
    PRODUCT_WITHDRAWN = "product_withdrawn"
    OTHER = "other"


class SuspensionReason(OpenVocabulary):
    LATE_PAYMENT = "late_payment"
    AGENT = "agent"
    OTHER = "other"


class ReactivationReason(OpenVocabulary):
    BALANCE_CLEARED = "balance_cleared"
    OVERRIDE = "override"
    OTHER = "other"


LiveAfter = Annotated[
    int, Field(ge=0, description="Live paid subscriptions of the account now; guards its last payment method (C-02).")
]


class SubscriptionItem(Wire):
    """A position of a subscription; unit price of one period in major units of the account's currency."""

    item_id: Id
    item_code: Code
    kind: ItemKind
    quantity: DecimalString
    unit_price: DecimalString


class ChargeLine(Wire):
    """A finished line: invoicing adds fees and taxes, and computes nothing else.

    unit_price is in major units and may have more decimals than the currency (0.00715); amount was rounded once.
    """

    line_id: Id
    subscription_id: Annotated[Id | None, Field(description="None for an order of devices alone.")]
    kind: LineKind
    description_key: Code
    description_arguments: Annotated[dict[str, str], Field(description="What the translated text is filled with.")]
    quantity: DecimalString
    unit_price: DecimalString
    amount: Annotated[Amount, Field(description="Net of tax; negative on a credit.")]
    service_period: Period | None
    tax_category: TaxCategory
    fee_basis: FeeBasis
    wireless_class: Annotated[Code | None, Field(description="Given with fee_basis wireless (GOTO-170).")]
    hardware: bool
    voice: bool
    first_of_series: bool


class LineCredit(Wire):
    """How much, before tax, comes off a line that was invoiced; positive."""

    charges_id: Id
    line_id: Id
    net_amount: Amount


class OrderLine(Wire):
    line_id: Id
    subscription_id: Id | None
    product_code: Code
    item_code: Code
    kind: ItemKind
    cadence: Annotated[Cadence | None, Field(description="None: charged once.")]
    quantity: DecimalString
    unit_price: DecimalString
    amount: Annotated[Amount, Field(description="Of one period, net of tax, as priced when ordered or quoted.")]


class QuoteLine(OrderLine):
    """A line of a quote, with what invoicing needs to estimate its taxes."""

    tax_category: TaxCategory
    fee_basis: FeeBasis
    wireless_class: Annotated[Code | None, Field(description="Given with fee_basis wireless (GOTO-170).")]
    hardware: bool
    voice: bool


ChargeLines = Annotated[tuple[ChargeLine, ...], Field(max_length=LINES_MAX)]
SubscriptionIds = Annotated[tuple[Id, ...], Field(max_length=IDS_MAX)]


class _SubscriptionFact(Event):
    subscription_id: Id
    product_code: Code
    plan_code: Code


class TrialStarted(
    _SubscriptionFact, type="billing.trial.started.v1", subject="subscription_id", owner="subscriptions"
):
    """A free trial runs from now on. GOTO-127, GOTO-128."""

    period: Period
    live_after: LiveAfter


class TrialEnded(_SubscriptionFact, type="billing.trial.ended.v1", subject="subscription_id", owner="subscriptions"):
    """A trial is over: free again, or paid because somebody chose so. GOTO-67, GOTO-68."""

    outcome: TrialOutcome
    ended_on: Day
    live_after: LiveAfter


class QuoteIssued(Event, type="billing.quote.issued.v1", subject="quote_id", owner="subscriptions"):
    """A quote can be accepted or declined; invoicing answers with QuoteTaxesEstimated. GOTO-181 to GOTO-186."""

    quote_id: Id
    number: Number
    quote_version: Version
    contact_id: Id | None
    currency: CurrencyCode
    lines: Annotated[tuple[QuoteLine, ...], Field(max_length=LINES_MAX)]
    contract_total: Annotated[Amount, Field(description="Net, over the whole contract.")]
    savings_total: Amount
    contract_months: Count | None
    free_months: Count
    billing_start_on: Day | None
    renews_on: Day | None
    open_until: Timestamp


class QuoteAccepted(Event, type="billing.quote.accepted.v1", subject="quote_id", owner="subscriptions"):
    """Buy now was pressed with the terms accepted. GOTO-181, GOTO-191, C-19."""

    quote_id: Id
    number: Number
    order_id: Id
    accepted_at: Timestamp


class QuoteDeclined(Event, type="billing.quote.declined.v1", subject="quote_id", owner="subscriptions"):
    """The customer does not want the quote; that is final. GOTO-181, GOTO-187."""

    quote_id: Id
    number: Number
    declined_at: Timestamp


class OrderPlaced(Event, type="billing.order.placed.v1", subject="order_id", owner="subscriptions"):
    """A purchase was confirmed; charges follow in ChargesFinalized. ZOOM-20, GOTO-88, 109, 115, 124, 133, 137, 191."""

    order_id: Id
    channel: OrderChannel
    quote_id: Id | None
    currency: CurrencyCode
    lines: Annotated[tuple[OrderLine, ...], Field(max_length=LINES_MAX)]
    hardware: bool
    placed_at: Timestamp


class OrderRejected(Event, type="billing.order.rejected.v1", subject="order_id", owner="subscriptions"):
    """A purchase was refused, with the reason shown. ZOOM-01, ZOOM-02, GOTO-30, GOTO-131, GOTO-165, C-23."""

    order_id: Id
    channel: OrderChannel
    quote_id: Id | None
    reason: OrderRejection
    oldest_overdue_invoice_id: Id | None
    rejected_at: Timestamp


class TermsAccepted(Event, type="billing.terms.accepted.v1", subject="order_id", owner="subscriptions"):
    """The box under the terms was ticked, with this order. ZOOM-18, GOTO-191; the person stands in ce_actor."""

    order_id: Id
    terms_code: Code
    terms_version: Annotated[str, Field(pattern="^[0-9A-Za-z._-]{1,40}$")]
    accepted_at: Timestamp


class ContractSigned(Event, type="billing.contract.signed.v1", subject="contract_id", owner="subscriptions"):
    """A contract runs; the mail with the PDF states the billing start. GOTO-143, GOTO-145, GOTO-191."""

    contract_id: Id
    number: Number
    quote_id: Id | None
    subscription_ids: SubscriptionIds
    contact_id: Id | None
    signed_on: Day
    service_starts_on: Day
    billing_starts_on: Annotated[Day | None, Field(description="None while it waits for the supplier (GOTO-146).")]
    free_months: Count
    term_months: Count
    renews_on: Day


class CircuitActivated(Event, type="billing.circuit.activated.v1", subject="subscription_id", owner="subscriptions"):
    """The supplier confirmed that a circuit works. GOTO-146, C-18."""

    subscription_id: Id
    circuit_id: Id
    confirmed_on: Day


class BillingStarted(
    _SubscriptionFact, type="billing.billing.started.v1", subject="subscription_id", owner="subscriptions"
):
    """Charges accrue from this day on. GOTO-142, 144, 145, 146, 148, 150, 151, 155, C-18."""

    billing_starts_on: Day
    service_starts_on: Day
    anchor_date: Day
    cadence: Cadence


class _TermFact(_SubscriptionFact):
    cadence: Cadence
    price: Annotated[Amount, Field(description="Recurring, of one period, net of tax, all items together.")]
    items: Annotated[tuple[SubscriptionItem, ...], Field(max_length=LINES_MAX)]
    anchor_date: Annotated[Day, Field(description="Period n is computed from this day.")]
    current_period: Period
    term: TermKind
    renews_on: Annotated[Day | None, Field(description="None: it ends, or is not renewed.")]
    auto_renew: bool
    live_after: LiveAfter


class SubscriptionActivated(
    _TermFact, type="billing.subscription.activated.v1", subject="subscription_id", owner="subscriptions"
):
    """A paid subscription runs. ZOOM-05, ZOOM-20, GOTO-145, GOTO-191."""

    order_id: Id | None
    contract_id: Id | None
    service_starts_on: Day


class SubscriptionChanged(
    _TermFact, type="billing.subscription.changed.v1", subject="subscription_id", owner="subscriptions"
):
    """Plan or items are others from a day on. GOTO-16, 68, 87, 88, 129, 130, 133, 134, 137, 150."""

    change: SubscriptionChange
    previous_plan_code: Code
    effective_on: Day
    order_id: Id | None
    case_id: Id | None


class SubscriptionRenewed(
    _TermFact, type="billing.subscription.renewed.v1", subject="subscription_id", owner="subscriptions"
):
    """A further term began. GOTO-76, C-27."""

    term_months: Count | None
    notice_missed: Annotated[bool, Field(description="A cancellation came too late for this renewal.")]


class SubscriptionReactivated(
    _TermFact, type="billing.subscription.reactivated.v1", subject="subscription_id", owner="subscriptions"
):
    """An ended or cancelled subscription runs again. GOTO-73, GOTO-125."""

    order_id: Id | None
    data_kept: Annotated[bool, Field(description="False: its data had been purged; it starts empty.")]
    reactivated_at: Timestamp


class RenewalFailed(
    _SubscriptionFact, type="billing.renewal.failed.v1", subject="subscription_id", owner="subscriptions"
):
    """A renewal did not come about; the mail gives the advice of failed payments. GOTO-64."""

    due_on: Day
    reason: RenewalFailure
    payment_id: Id | None


class RenewalOptionSelected(
    _SubscriptionFact, type="billing.renewal_option.selected.v1", subject="subscription_id", owner="subscriptions"
):
    """The customer chose how the next term will be. GOTO-136."""

    option_code: Code
    takes_effect_on: Day


class BillingFrequencyChanged(
    _SubscriptionFact, type="billing.billing_frequency.changed.v1", subject="subscription_id", owner="subscriptions"
):
    """Annual instead of monthly or back, from the next renewal on. GOTO-135, C-28."""

    cadence: Cadence
    previous_cadence: Cadence
    takes_effect_on: Day


class AutoRenewChanged(
    _SubscriptionFact, type="billing.auto_renew.changed.v1", subject="subscription_id", owner="subscriptions"
):
    """Renewal by itself was switched on or off. GOTO-65."""

    auto_renew: bool
    renews_on: Day | None
    ends_on: Annotated[Day | None, Field(description="The last day, when it is not renewed.")]
    case_id: Id | None


class LicencesPurchased(
    _SubscriptionFact, type="billing.licences.purchased.v1", subject="subscription_id", owner="subscriptions"
):
    """More licences are in stock. GOTO-102, 107, 108, 115."""

    order_id: Id
    quantity: Count
    unassigned_after: Count
    total_after: Count


class _LicenceFact(_SubscriptionFact):
    licence_id: Id
    contact_id: Annotated[Id, Field(description="The assignee.")]


class LicenceAssigned(_LicenceFact, type="billing.licence.assigned.v1", subject="licence_id", owner="subscriptions"):
    """A user may use a product, with these features on. GOTO-101 to 105, 107, 116 to 119, 123."""

    features: tuple[Code, ...]
    notify: Annotated[bool, Field(description="The optional box for the change mail was ticked (GOTO-119).")]
    newcomer: Annotated[bool, Field(description="New to the vendor: gets the welcome mail (GOTO-104).")]
    unassigned_after: Count


class LicenceUnassigned(
    _LicenceFact, type="billing.licence.unassigned.v1", subject="licence_id", owner="subscriptions"
):
    """A licence is in stock again. GOTO-107, 120, 121."""

    notify: bool
    unassigned_after: Count


class LicenceActivated(_LicenceFact, type="billing.licence.activated.v1", subject="licence_id", owner="subscriptions"):
    """The assignee accepted the invitation or signed in. GOTO-104, GOTO-105, GOTO-123."""

    activated_at: Timestamp


class UsageRecorded(Event, type="billing.usage.recorded.v1", subject="usage_batch_id", owner="subscriptions"):
    """Usage of one account and meter was taken in, per intake batch. IBM-08, GOTO-144, 156 to 161, 163."""

    usage_batch_id: Id
    meter: Code
    quantity: Annotated[DecimalString, Field(description="Sum of what was accepted, in the meter's unit.")]
    records_accepted: Count
    records_repeated: Count
    records_refused: Count
    first_occurred_at: Timestamp
    last_occurred_at: Timestamp


class ChargesFinalized(Event, type="billing.charges.finalized.v1", subject="charges_id", owner="subscriptions"):
    """Finished lines of one billing date: invoicing makes one document of them, once per charges_id.

    Proves what rows call UsageRated and BillingPeriodStarted: IBM-08, 22, GOTO-139, 140, 148 to 166, 177, 180.
    More than 500 lines are folded by description_key.
    """

    charges_id: Annotated[Id, Field(description="uuid5 of account, billing date and trigger.")]
    billing_date: Day
    trigger: Annotated[str, Field(pattern=f"^(run|(order|start):{UUID_PATTERN[1:-1]})$")]
    period: Period | None
    currency: CurrencyCode
    lines: Annotated[ChargeLines, Field(min_length=1)]


class UpcomingChargesEstimated(
    Event, type="billing.upcoming_charges.estimated.v1", subject="account_id", owner="subscriptions"
):
    """What the next bill would hold: whole snapshot, on a change of items and at most hourly for usage. SL-09, C-40."""

    estimate_version: Version
    next_billing_date: Annotated[Day | None, Field(description="None: nothing is going to be billed.")]
    currency: CurrencyCode
    lines: ChargeLines
    estimated_at: Timestamp


class ServiceSuspended(Event, type="billing.service.suspended.v1", subject="account_id", owner="subscriptions"):
    """Late payment switched services off; the state is the account's. ZOOM-03, GOTO-54, C-26."""

    reason: SuspensionReason
    subscription_ids: SubscriptionIds
    overdue: Amount
    oldest_overdue_due_date: Day | None
    since: Timestamp
    cancels_on: Annotated[Day | None, Field(description="The local day non-payment would cancel them.")]


class ServiceReactivated(Event, type="billing.service.reactivated.v1", subject="account_id", owner="subscriptions"):
    """Services are on again, at balance 0.00 or by an agent's override. GOTO-53, GOTO-192, GOTO-193, C-24."""

    reason: ReactivationReason
    subscription_ids: SubscriptionIds
    suspended_since: Timestamp
    reactivated_at: Timestamp


class SubscriptionDowngraded(
    _SubscriptionFact, type="billing.subscription.downgraded.v1", subject="subscription_id", owner="subscriptions"
):
    """Non-payment ended a subscription and the account is on the free level. ZOOM-03, ZOOM-04, C-25, C-26.

    `credits` take the days without access off what was invoiced; invoicing adds the taxes back.
    """

    reason: EndReason
    previous_plan_code: Code
    access_ended_on: Annotated[Day, Field(description="The last local day with access; suspended days had none.")]
    downgraded_on: Day
    credits: Annotated[tuple[LineCredit, ...], Field(max_length=LINES_MAX)]
    live_after: LiveAfter


class CancellationRequested(
    _SubscriptionFact, type="billing.cancellation.requested.v1", subject="cancellation_id", owner="subscriptions"
):
    """Somebody entitled asked to cancel, by page or by case. GOTO-65, 75, 76, 77, 80, 132."""

    cancellation_id: Id
    received_at: Annotated[Timestamp, Field(description="Counts for the notice of 30 days (C-27).")]
    case_id: Id | None


class CancellationRefused(
    _SubscriptionFact, type="billing.cancellation.refused.v1", subject="cancellation_id", owner="subscriptions"
):
    """A cancellation cannot be had this way or now. GOTO-69, GOTO-78, C-21."""

    cancellation_id: Id
    refusal: CancellationRefusal
    outstanding: Amount | None
    case_id: Id | None


class SubscriptionCancelled(
    _SubscriptionFact, type="billing.subscription.cancelled.v1", subject="subscription_id", owner="subscriptions"
):
    """A subscription will end with its paid term; nothing is refunded. GOTO-80 to 84, C-16."""

    cancellation_id: Id | None
    reason: EndReason
    term: TermKind
    contact_id: Annotated[Id | None, Field(description="Who asked and gets the confirmation; none: recipients.")]
    cancelled_at: Timestamp
    ends_on: Annotated[Day, Field(description="The last local day with access.")]
    data_purge_on: Annotated[Day | None, Field(description="Printed in the confirmation (C-22).")]
    live_after: LiveAfter


class SubscriptionEnded(
    _SubscriptionFact, type="billing.subscription.ended.v1", subject="subscription_id", owner="subscriptions"
):
    """The term is over and so is access. GOTO-72, 81, 82, 85."""

    reason: EndReason
    ended_on: Annotated[Day, Field(description="The last local day with access.")]
    live_after: LiveAfter


class DataPurgeScheduled(
    _SubscriptionFact, type="billing.data_purge.scheduled.v1", subject="subscription_id", owner="subscriptions"
):
    """Data of a product that ended will be deleted on a day. GOTO-72, 73, 74, C-22."""

    access_ended_on: Day
    purge_on: Day


class DataPurged(_SubscriptionFact, type="billing.data.purged.v1", subject="subscription_id", owner="subscriptions"):
    """Data of a product were deleted and cannot be had back. GOTO-73, GOTO-74."""

    purged_on: Day
