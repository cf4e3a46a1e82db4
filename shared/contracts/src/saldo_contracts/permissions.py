"""What a caller may be allowed to do: the closed list. Every service checks it again (C-05)."""

from enum import StrEnum


class Permission(StrEnum):
    """A token carries some of these; the last five are agents' and are never granted to a customer."""

    BILLING_INFORMATION_VIEW = "billing_information:view"
    BILLING_INFORMATION_MANAGE = "billing_information:manage"
    PAYMENT_METHODS_VIEW = "payment_methods:view"
    PAYMENT_METHODS_MANAGE = "payment_methods:manage"
    SUBSCRIPTIONS_VIEW = "subscriptions:view"
    SUBSCRIPTIONS_MANAGE = "subscriptions:manage"
    TAX_EXEMPTION_VIEW = "tax_exemption:view"
    TAX_EXEMPTION_MANAGE = "tax_exemption:manage"
    QUOTES_VIEW = "quotes:view"
    QUOTES_MANAGE = "quotes:manage"
    LICENCES_MANAGE = "licences:manage"
    USERS_MANAGE = "users:manage"
    REFUNDS_ISSUE = "refunds:issue"
    OFFLINE_PAYMENTS_RECORD = "offline_payments:record"
    METHODS_VALIDATE = "methods:validate"
    EXEMPTIONS_DECIDE = "exemptions:decide"
    SERVICE_OVERRIDE = "service:override"


AGENT_PERMISSIONS = frozenset(
    {
        Permission.REFUNDS_ISSUE,
        Permission.OFFLINE_PAYMENTS_RECORD,
        Permission.METHODS_VALIDATE,
        Permission.EXEMPTIONS_DECIDE,
        Permission.SERVICE_OVERRIDE,
    }
)
MEMBER_PERMISSIONS = frozenset(Permission) - AGENT_PERMISSIONS
