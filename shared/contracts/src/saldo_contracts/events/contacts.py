"""What every service tells of people: who they are (contacts topics only), that they are forgotten, who was refused."""

from typing import Annotated

from pydantic import Field

from saldo_contracts.event import Event
from saldo_contracts.wire import (
    IDS_MAX,
    Code,
    Count,
    Id,
    Language,
    OpenVocabulary,
    PermissionCode,
    Timestamp,
    Version,
)


class ContactRole(OpenVocabulary):
    """What the person is to the account, in the teller's eyes."""

    PRIMARY_BILLING = "primary_billing"
    INVOICE_RECIPIENT = "invoice_recipient"
    METHOD_HOLDER = "method_holder"
    ASSIGNEE = "assignee"
    MASTER_ACCOUNT_HOLDER = "master_account_holder"
    BILLING_ADMINISTRATOR = "billing_administrator"
    ADMINISTRATOR = "administrator"
    OTHER = "other"


class ContactChanged(Event, type="billing.contact.changed.v1", subject="contact_id", key="contact_id"):
    """Whole snapshot of a person, on the teller's contacts topic; the only message that names one.

    Read by notifications and portal. GOTO-26, 32, 98 to 100, IBM-12, GOTO-104; a copy ignores an older version.
    """

    contact_id: Id
    name: Annotated[str | None, Field(max_length=200)]
    email: Annotated[str, Field(min_length=3, max_length=254, description="RFC 5321 limits it to 254 characters.")]
    language: Annotated[Language | None, Field(description="None: the account's.")]
    roles: tuple[ContactRole, ...]
    version: Version


class ContactErased(Event, type="billing.contact.erased.v1", subject="contact_id", key="contact_id"):
    """The person is forgotten by the teller; a tombstone for the key follows. GOTO-66, GOTO-89."""

    contact_id: Id
    version: Version
    erased_at: Timestamp


class DataErased(Event, type="billing.data.erased.v1", subject="erasure_id"):
    """A service finished its part of an erasure: its rows of these people are gone or pseudonymous. GOTO-89."""

    erasure_id: Id
    service: Code
    contact_ids: Annotated[tuple[Id, ...], Field(max_length=IDS_MAX)]
    rows_erased: Count
    rows_pseudonymised: Count
    erased_at: Timestamp


class AccessDenied(Event, type="billing.access.denied.v1", subject="caller_id"):
    """A caller lacked a permission: told at most once a minute per caller and permission. ZOOM-06, GOTO-23, 34, 42."""

    caller_id: Annotated[Id, Field(description="The token's subject, the one of ce_actor.")]
    service: Code
    permission: PermissionCode
    operation: Annotated[str, Field(pattern="^[a-z0-9_.-]{1,100}$", description="The HTTP operation's id.")]
    denied_at: Timestamp
    repeats: Annotated[Count, Field(description="Refusals of the same kind since the last one that was told.")]
