"""What the catalogue gives a service that does not take it up yet, each with its reason: a list that shrinks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from saldo_notifications.application.composition import COMPOSITION, Nobody, Planned


def because(reason: str, *names: str) -> dict[str, str]:
    """These events, for this one reason."""
    return dict.fromkeys(names, reason)


def _not_mailed() -> dict[str, str]:
    """Notifications says itself why it need not hear of a fact: nobody is told of it, or its text is not written."""
    gaps = {}
    for kind, rule in COMPOSITION.items():
        match rule:
            case Planned(template=template):
                gaps[kind.__name__] = f"planned: its mail will be {template}"
            case Nobody(because=reason):
                gaps[kind.__name__] = f"nobody is told: {reason}"
    return gaps


_PORTAL = "portal, which tells it, is not built"
_ERASURE = "erasure of people is not built"
_REFUNDS = "refunds are not built"
_QUOTES = "quotes are not built"
_LICENCES = "licences are not built"
_USAGE = "usage and its rating are not built"
_DISPUTES = "disputes are not built"
_AUDIT = "refused accesses are answered, not announced, until the audit view is built"
_ENDS = "changes and cancellations by the customer are not built; late payment ends a subscription"
_TRIALS = "trials are not built"
_OFFLINE = "offline payments, returned debits and expiring cards are not built"
_BALANCE_SAYS_IT = "BalanceChanged, which is heard, says all that it says"

# In the copies and mails of notifications, and in its own talk: heard though its table names nobody to be told.
_FEEDS_COPIES: Final = frozenset(
    {"AccountOpened", "BillingProfileUpdated", "InvoiceRecipientsChanged", "ContactChanged", "ContactErased"}
)
_NEVER_GIVEN: Final = frozenset(
    {
        "UsageReported",
        "UsageRecorded",
        "ChargesFinalized",
        "UpcomingChargesEstimated",
        "QuoteTaxesEstimated",
        "NotificationSent",
        "NotificationFailed",
        "AccessDenied",
        "InvoiceDownloaded",
        "FeeRatesChanged",
    }
)

NOT_HEARD: Final[Mapping[str, Mapping[str, str]]] = {
    "invoicing": {
        **because(_PORTAL, "BillingAdminAdded", "BillingAdminChanged", "BillingAdminRemoved"),
        **because(_ERASURE, "ErasureRequested"),
        **because(_REFUNDS, "RefundCompleted", "RefundFailed"),
        **because(_QUOTES, "QuoteIssued"),
        **because("the next estimate is not built", "UpcomingChargesEstimated"),
    },
    "subscriptions": {
        **because(_BALANCE_SAYS_IT, "BalanceCleared", "InvoiceOverdue", "InvoicePaid"),
        **because(_ERASURE, "ErasureRequested"),
        **because("failed renewals (GOTO-64) are not built", "InvoiceIssued", "PaymentFailed"),
        **because(_QUOTES, "QuoteTaxesEstimated"),
        **because("hardware orders (GOTO-30) are not built", "ShippingAddressUpdated"),
        **because(_PORTAL, "SupportCaseOpened"),
        **because(_USAGE, "UsageReported"),
    },
    "payments": because(_ERASURE, "ErasureRequested"),
    "notifications": {
        name: reason for name, reason in _not_mailed().items() if name not in _FEEDS_COPIES | _NEVER_GIVEN
    },
}

NOT_TOLD: Final[Mapping[str, Mapping[str, str]]] = {
    "invoicing": {
        **because(_AUDIT, "AccessDenied"),
        **because(_ERASURE, "ContactErased", "DataErased"),
        **because(_DISPUTES, "DisputeOpened", "DisputeRefused"),
        **because(_REFUNDS, "RefundIssued"),
        **because(_QUOTES, "QuoteTaxesEstimated"),
        **because("fees are not built", "FeeRatesChanged"),
        **because("documents to download are not built", "InvoiceDownloaded"),
        **because("tax exemptions are not built", "TaxExemptionRequested", "TaxExemptionStatusChanged"),
    },
    "subscriptions": {
        **because(_AUDIT, "AccessDenied"),
        **because(_ERASURE, "ContactErased", "DataErased", "DataPurgeScheduled", "DataPurged"),
        **because(_QUOTES, "QuoteIssued", "QuoteAccepted", "QuoteDeclined", "ContractSigned", "CircuitActivated"),
        **because(_LICENCES, "LicencesPurchased", "LicenceAssigned", "LicenceUnassigned", "LicenceActivated"),
        **because(_LICENCES, "ContactChanged"),
        **because(_USAGE, "UsageRecorded", "UpcomingChargesEstimated"),
        **because(_TRIALS, "TrialStarted", "TrialEnded"),
        **because("acceptance of terms is not built", "TermsAccepted"),
        **because("renewal options are not built", "AutoRenewChanged", "RenewalOptionSelected", "RenewalFailed"),
        **because("terms of several periods are not built", "SubscriptionRenewed", "BillingFrequencyChanged"),
        **because(_ENDS, "CancellationRequested", "CancellationRefused", "SubscriptionCancelled"),
        **because(_ENDS, "SubscriptionChanged", "SubscriptionReactivated"),
    },
    "payments": {
        **because(_AUDIT, "AccessDenied"),
        **because(_ERASURE, "ContactErased", "DataErased"),
        **because(_REFUNDS, "RefundCompleted", "RefundFailed"),
        **because(_DISPUTES, "PaymentDisputed", "PaymentDisputeClosed"),
        **because(_OFFLINE, "OfflinePaymentRecorded", "PaymentReversed"),
        **because(_OFFLINE, "PaymentMethodExpiring", "PaymentMethodExpired", "PaymentMethodUpdated"),
    },
    "notifications": {**because(_AUDIT, "AccessDenied"), **because(_ERASURE, "DataErased")},
}
