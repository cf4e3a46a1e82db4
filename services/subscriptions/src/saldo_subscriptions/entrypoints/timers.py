"""What business time wakes: billing dates, starts, and the two dates of late payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from saldo_work import Json

from saldo_subscriptions.application.begin_subscription import BeginSubscription
from saldo_subscriptions.application.enforce_terms import EnforceTerms
from saldo_subscriptions.application.finalize_charges import FinalizeCharges


def on_billing_date(payload: Mapping[str, Json]) -> FinalizeCharges:
    """The timer `charges`: one per account and billing date."""
    return FinalizeCharges(
        account_id=str(payload["account_id"]), billing_on=date.fromisoformat(str(payload["billing_on"]))
    )


def on_start(payload: Mapping[str, Json]) -> BeginSubscription:
    """The timer `start`: one per subscription that begins later than it was ordered."""
    return BeginSubscription(account_id=str(payload["account_id"]), subscription_id=str(payload["subscription_id"]))


def on_terms_date(payload: Mapping[str, Json]) -> EnforceTerms:
    """The timers `suspension` and `cancellation`: at most one of each per account."""
    return EnforceTerms(account_id=str(payload["account_id"]))
