"""What portal tells: who administers an account, cases, languages, privacy, and the audit log that was asked for."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import IDS_MAX, Count, Id, Language, Number, OpenVocabulary, PermissionCode, Timestamp, Wire


class MemberRole(StrEnum):
    """C-05: the holder has every right; an administrator what was granted."""

    MASTER_ACCOUNT_HOLDER = "master_account_holder"
    BILLING_ADMINISTRATOR = "billing_administrator"
    ADMINISTRATOR = "administrator"
    USER = "user"


class CaseKind(OpenVocabulary):
    PAYMENT_PROBLEM = "payment_problem"
    ACCOUNTS_RECEIVABLE = "accounts_receivable"
    CANCELLATION = "cancellation"
    PLAN_CHANGE = "plan_change"
    AUTO_RENEWAL = "auto_renewal"
    BILLING_ADMINISTRATORS = "billing_administrators"
    PRICE = "price"
    SALES = "sales"
    TAX_EXEMPTION = "tax_exemption"
    INVOICE_DISPUTE = "invoice_dispute"
    AUDIT_LOG = "audit_log"
    PRIVACY = "privacy"
    GENERAL = "general"
    OTHER = "other"


class CaseChannel(StrEnum):
    PORTAL = "portal"
    TELEPHONE = "telephone"
    EMAIL = "email"
    CHAT = "chat"


class ServingPortal(StrEnum):
    """Which of the three portals serves the account (C-04)."""

    NEW = "new"
    CLASSIC = "classic"
    CORPORATE = "corporate"


class CancellationDetails(Wire):
    """The items of GOTO-77 that may be told; account and administrator are the case's own."""

    subscription_ids: Annotated[tuple[Id, ...], Field(max_length=IDS_MAX)]
    method_matches: Annotated[bool, Field(description="Last four digits and address agreed with those on file.")]


class _AdminFact(Event):
    member_id: Id
    contact_id: Id
    role: MemberRole
    permissions: tuple[PermissionCode, ...]
    receives_invoices: bool
    case_id: Annotated[Id | None, Field(description="The support case, where support did it (C-06).")]


class BillingAdminAdded(_AdminFact, type="billing.billing_admin.added.v1", subject="member_id", owner="portal"):
    """Somebody may enter the billing pages, and nothing else. GOTO-18 to GOTO-22."""


class BillingAdminChanged(_AdminFact, type="billing.billing_admin.changed.v1", subject="member_id", owner="portal"):
    """What an administrator may do, or whether invoices come, changed: the whole of it. GOTO-17, 18, 20, 22."""


class BillingAdminRemoved(_AdminFact, type="billing.billing_admin.removed.v1", subject="member_id", owner="portal"):
    """An administrator may not enter any more; fields tell what was taken away. GOTO-18, GOTO-20."""


class SupportCaseOpened(Event, type="billing.support_case.opened.v1", subject="case_id", owner="portal"):
    """A customer asked for help; the text stays in the case. IBM-13, 26, GOTO-03, 04, 19, 63, 65, 77, 97, 193, 210."""

    case_id: Id
    number: Number
    kind: CaseKind
    channel: CaseChannel
    contact_id: Id
    received_at: Annotated[Timestamp, Field(description="Counts for notice periods (C-27).")]
    invoice_id: Id | None
    cancellation: CancellationDetails | None


class AccountMigrated(Event, type="billing.account.migrated.v1", subject="account_id", owner="portal"):
    """The account is served by another portal from now on. GOTO-08."""

    served_by: ServingPortal
    previously_served_by: ServingPortal
    migrated_at: Timestamp


class AuditLogRequested(Event, type="billing.audit_log.requested.v1", subject="audit_log_id", owner="portal"):
    """A customer asked for the log of the account; a case handles it. GOTO-48, C-39."""

    audit_log_id: Id
    case_id: Id
    contact_id: Id
    covers_from: Timestamp | None
    covers_until: Timestamp


class AuditLogDelivered(Event, type="billing.audit_log.delivered.v1", subject="audit_log_id", owner="portal"):
    """The billing department handed the export over. GOTO-48."""

    audit_log_id: Id
    case_id: Id
    contact_id: Id
    entries: Count
    delivered_at: Timestamp


class ErasureScope(StrEnum):
    CONTACTS = "contacts"
    ACCOUNT = "account"


class ErasureRequested(Event, type="billing.erasure.requested.v1", subject="erasure_id", owner="portal"):
    """Personal data are to be forgotten: every service erases its part and tells DataErased. GOTO-66, GOTO-89."""

    erasure_id: Id
    scope: ErasureScope
    contact_ids: Annotated[
        tuple[Id, ...], Field(max_length=IDS_MAX, description="The people; empty when the scope is the account.")
    ]
    case_id: Id | None
    requested_at: Timestamp


class SupportPreferenceChanged(
    Event, type="billing.support_preference.changed.v1", subject="account_id", owner="portal"
):
    """The account wants, or no longer wants, its cases handled by the EU team. SL-22, SL-33."""

    eu_support: bool


class LanguageChanged(Event, type="billing.language.changed.v1", subject="member_id", owner="portal"):
    """A member chose another of the seven languages. GOTO-211."""

    member_id: Id
    contact_id: Id
    language: Language
    previous_language: Language | None


class PrivacyOptOutRecorded(Event, type="billing.privacy_opt_out.recorded.v1", subject="member_id", owner="portal"):
    """A member chose that data are not sold or shared, or took it back. GOTO-213."""

    member_id: Id
    contact_id: Id
    opted_out: bool
    recorded_at: Timestamp
