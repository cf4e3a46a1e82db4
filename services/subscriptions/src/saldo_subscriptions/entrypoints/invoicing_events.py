"""What invoicing tells and means here: accounts, their profile, and what they owe."""

from __future__ import annotations

from saldo_contracts import events as told
from saldo_contracts.envelope import Envelope

from saldo_subscriptions.application.observe_balance import ObserveBalance
from saldo_subscriptions.application.open_account import OpenAccount
from saldo_subscriptions.application.update_profile import UpdateProfile
from saldo_subscriptions.domain.account import Profile


def on_account_opened(event: told.AccountOpened, _: Envelope) -> OpenAccount:
    """An account exists from now on."""
    return OpenAccount(account_id=event.account_id, seller_id=event.seller_id, profile=_profile(event))


def on_billing_profile_updated(event: told.BillingProfileUpdated, _: Envelope) -> UpdateProfile:
    """The whole snapshot again."""
    return UpdateProfile(account_id=event.account_id, profile=_profile(event))


def on_balance_changed(event: told.BalanceChanged, _: Envelope) -> ObserveBalance:
    """The whole balance; it says all that InvoiceOverdue, InvoicePaid and BalanceCleared say, in one order."""
    return ObserveBalance(
        account_id=event.account_id,
        ledger_version=event.ledger_version,
        currency=event.balance.currency,
        balance_minor_units=event.balance.minor_units,
        overdue_minor_units=event.overdue.minor_units,
        oldest_overdue_due_on=event.oldest_overdue_due_date,
        oldest_overdue_invoice_id=event.oldest_overdue_invoice_id,
    )


def _profile(event: told.AccountOpened | told.BillingProfileUpdated) -> Profile:
    return Profile(
        account_number=event.account_number,
        currency=event.currency,
        time_zone=event.time_zone,
        pays_by_transfer=event.collection is told.Collection.BY_TRANSFER,
        closed=event.status is told.AccountStatus.CLOSED,
        profile_version=event.account_version,
    )
