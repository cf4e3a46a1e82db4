"""Who is told what: every event of the house with its recipients and its template, or with the reason for silence.

The table is the one place that decides it; a test holds it against the catalogue of contracts, so that nobody can add
an event without deciding who hears of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from saldo_contracts import events as told
from saldo_contracts.events import Event


class To(StrEnum):
    """The rules for recipients."""

    INVOICE_RECIPIENTS = "the account's invoice recipients"
    PRIMARY = "the one who answers for the account"
    CONTACT = "the contact that the event names"
    CONTACT_OR_RECIPIENTS = "the contact that the event names, else the invoice recipients"
    CONTACT_OR_PRIMARY = "the contact that the event names, else the one who answers for the account"


@dataclass(frozen=True, slots=True)
class Tell:
    """A mail by this template; `contact` names the event's field with the contact, `when` a condition on the event."""

    to: To
    template: str
    contact: str = "contact_id"
    when: Callable[[Event], bool] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """Decided, but its text is not written yet: nothing is sent until the template is there."""

    to: To
    template: str


@dataclass(frozen=True, slots=True)
class Nobody:
    because: str


Rule: TypeAlias = Tell | Planned | Nobody


def _still_owed(event: Event) -> bool:
    """A payment that ended because nothing was owed any more is no bad news for anybody."""
    return isinstance(event, told.PaymentFailed) and event.reason is not told.DeclineReason.NO_LONGER_OWED


_ALREADY_IN = "the mail of {} says it"
_SHOWN_AT_ONCE = "the page shows it to the one who did it"
_FOR_SERVICES = "other services' business, nothing for people"
_OWN = "our own reports; a mail about a mail would never end"

COMPOSITION: Final[dict[type[Event], Rule]] = {
    # payments: methods. The contact of the method's billing address is told, not the owner (C-11).
    told.PaymentMethodSubmitted: Nobody(_SHOWN_AT_ONCE),
    told.PaymentMethodValidated: Tell(To.CONTACT, "payment-method-validated"),
    told.PaymentMethodRejected: Tell(To.CONTACT, "payment-method-rejected"),
    told.PaymentMethodUpdated: Nobody("new details are checked, and the outcome of that is told"),
    told.PaymentMethodRemoved: Planned(To.CONTACT, "payment-method-removed"),
    told.PaymentMethodExpiring: Planned(To.CONTACT, "payment-method-expiring"),
    told.PaymentMethodExpired: Planned(To.CONTACT, "payment-method-expired"),
    told.DefaultPaymentMethodChanged: Nobody(_SHOWN_AT_ONCE),
    told.AutopayChanged: Planned(To.PRIMARY, "autopay-changed"),
    # payments: money
    told.PaymentInitiated: Nobody("nothing has moved yet; its end is told"),
    told.PaymentAuthenticationRequired: Planned(To.CONTACT_OR_RECIPIENTS, "payment-authentication-required"),
    told.PaymentAuthenticated: Nobody("the end of the payment is told"),
    told.PaymentSucceeded: Tell(To.CONTACT_OR_RECIPIENTS, "payment-succeeded", contact="receipt_contact_id"),
    told.PaymentFailed: Tell(To.CONTACT_OR_RECIPIENTS, "payment-failed", when=_still_owed),
    told.PaymentAttemptLimitReached: Nobody(_ALREADY_IN.format("PaymentFailed")),
    told.OfflinePaymentRecorded: Nobody(_ALREADY_IN.format("PaymentSucceeded, which follows it,")),
    told.PaymentReversed: Planned(To.INVOICE_RECIPIENTS, "payment-reversed"),
    told.RefundCompleted: Planned(To.INVOICE_RECIPIENTS, "refund-completed"),
    told.RefundFailed: Nobody("an agent takes it up; the new document is told"),
    told.PaymentDisputed: Nobody("a dispute is handled by agents"),
    told.PaymentDisputeClosed: Nobody("a lost one is told as PaymentReversed"),
    # invoicing
    told.AccountOpened: Nobody("the welcome is the portal's, with the first sign-in"),
    told.BillingProfileUpdated: Nobody(_SHOWN_AT_ONCE),
    told.ShippingAddressUpdated: Nobody(_SHOWN_AT_ONCE),
    told.InvoiceRecipientsChanged: Nobody(_SHOWN_AT_ONCE),
    told.InvoiceIssued: Tell(To.INVOICE_RECIPIENTS, "invoice-issued"),
    told.PaymentApplied: Nobody(_ALREADY_IN.format("PaymentSucceeded")),
    told.InvoicePartiallyPaid: Nobody(_ALREADY_IN.format("PaymentSucceeded")),
    told.InvoicePaid: Nobody(_ALREADY_IN.format("PaymentSucceeded")),
    told.InvoiceReopened: Nobody(_ALREADY_IN.format("PaymentReversed")),
    told.InvoiceOverdue: Tell(To.INVOICE_RECIPIENTS, "invoice-overdue"),
    told.LateFeeCharged: Planned(To.INVOICE_RECIPIENTS, "late-fee-charged"),
    told.BalanceChanged: Nobody("what changed it is told"),
    told.BalanceCleared: Nobody("the payment is told, and the reactivation if one follows"),
    told.CreditIssued: Planned(To.INVOICE_RECIPIENTS, "credit-issued"),
    told.RefundIssued: Planned(To.INVOICE_RECIPIENTS, "refund-issued"),
    told.InvoiceDownloaded: Nobody("an entry of the audit view"),
    told.TaxExemptionRequested: Nobody("its first status is told"),
    told.TaxExemptionStatusChanged: Planned(To.PRIMARY, "tax-exemption-status-changed"),
    told.FeeRatesChanged: Nobody("no account's fact"),
    told.DisputeOpened: Planned(To.INVOICE_RECIPIENTS, "dispute-opened"),
    told.DisputeRefused: Planned(To.INVOICE_RECIPIENTS, "dispute-refused"),
    told.QuoteTaxesEstimated: Nobody(_FOR_SERVICES),
    # subscriptions
    told.TrialStarted: Nobody(_SHOWN_AT_ONCE),
    told.TrialEnded: Planned(To.PRIMARY, "trial-ended"),
    told.QuoteIssued: Planned(To.CONTACT_OR_PRIMARY, "quote-issued"),
    told.QuoteAccepted: Nobody("the order it makes is told"),
    told.QuoteDeclined: Nobody(_SHOWN_AT_ONCE),
    told.OrderPlaced: Planned(To.PRIMARY, "order-placed"),
    told.OrderRejected: Nobody(_SHOWN_AT_ONCE),
    told.TermsAccepted: Nobody("an entry of the audit view"),
    told.ContractSigned: Planned(To.CONTACT_OR_PRIMARY, "contract-signed"),
    told.CircuitActivated: Nobody("the start of billing is told"),
    told.BillingStarted: Nobody("the first invoice is told"),
    told.SubscriptionActivated: Nobody("the order that made it is told"),
    told.SubscriptionChanged: Planned(To.PRIMARY, "subscription-changed"),
    told.SubscriptionRenewed: Planned(To.PRIMARY, "subscription-renewed"),
    told.SubscriptionReactivated: Planned(To.PRIMARY, "subscription-reactivated"),
    told.RenewalFailed: Planned(To.PRIMARY, "renewal-failed"),
    told.RenewalOptionSelected: Nobody(_SHOWN_AT_ONCE),
    told.BillingFrequencyChanged: Nobody(_SHOWN_AT_ONCE),
    told.AutoRenewChanged: Planned(To.PRIMARY, "auto-renew-changed"),
    told.LicencesPurchased: Nobody("the order is told"),
    told.LicenceAssigned: Planned(To.CONTACT, "licence-assigned"),
    told.LicenceUnassigned: Planned(To.CONTACT, "licence-unassigned"),
    told.LicenceActivated: Nobody(_SHOWN_AT_ONCE),
    told.UsageReported: Nobody(_FOR_SERVICES),
    told.UsageRecorded: Nobody(_FOR_SERVICES),
    told.ChargesFinalized: Nobody("the invoice made of them is told"),
    told.UpcomingChargesEstimated: Nobody(_FOR_SERVICES),
    told.ServiceSuspended: Tell(To.INVOICE_RECIPIENTS, "service-suspended"),
    told.ServiceReactivated: Tell(To.INVOICE_RECIPIENTS, "service-reactivated"),
    told.SubscriptionDowngraded: Planned(To.INVOICE_RECIPIENTS, "subscription-downgraded"),
    told.CancellationRequested: Nobody("its outcome is told"),
    told.CancellationRefused: Planned(To.PRIMARY, "cancellation-refused"),
    told.SubscriptionCancelled: Planned(To.CONTACT_OR_PRIMARY, "subscription-cancelled"),
    told.SubscriptionEnded: Nobody("the cancellation gave the day"),
    told.DataPurgeScheduled: Nobody("the cancellation gives the day"),
    told.DataPurged: Planned(To.PRIMARY, "data-purged"),
    # notifications
    told.NotificationSent: Nobody(_OWN),
    told.NotificationFailed: Nobody(_OWN),
    # portal
    told.BillingAdminAdded: Planned(To.CONTACT, "billing-admin-added"),
    told.BillingAdminChanged: Nobody(_SHOWN_AT_ONCE),
    told.BillingAdminRemoved: Planned(To.CONTACT, "billing-admin-removed"),
    told.SupportCaseOpened: Planned(To.CONTACT, "support-case-opened"),
    told.AccountMigrated: Planned(To.PRIMARY, "account-migrated"),
    told.AuditLogRequested: Nobody("the case is told"),
    told.AuditLogDelivered: Planned(To.CONTACT, "audit-log-delivered"),
    told.ErasureRequested: Nobody("the portal confirms it while it still knows the person"),
    told.SupportPreferenceChanged: Nobody(_SHOWN_AT_ONCE),
    told.LanguageChanged: Nobody(_SHOWN_AT_ONCE),
    told.PrivacyOptOutRecorded: Nobody(_SHOWN_AT_ONCE),
    # everybody
    told.ContactChanged: Nobody("the copy of a person, no news"),
    told.ContactErased: Nobody("there is nobody left to be told"),
    told.DataErased: Nobody("there is nobody left to be told"),
    told.AccessDenied: Nobody("an entry of the audit view"),
}

TELLING: Final[dict[str, tuple[type[Event], Tell]]] = {
    kind.type_: (kind, rule) for kind, rule in COMPOSITION.items() if isinstance(rule, Tell)
}
"""The events that lead to a mail today, by their type."""


def told_by(owner: str) -> tuple[type[Event], ...]:
    """The events of a service that lead to a mail today."""
    return tuple(kind for kind, _ in TELLING.values() if kind.owner == owner)


def named_contact(rule: Tell, event: Event) -> str | None:
    """The contact that the event names for this rule, None where it names none or the rule asks for none."""
    if rule.to in (To.INVOICE_RECIPIENTS, To.PRIMARY):
        return None
    contact_id = getattr(event, rule.contact)
    return None if contact_id is None else str(contact_id)
