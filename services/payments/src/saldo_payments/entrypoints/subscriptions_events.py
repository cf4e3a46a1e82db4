"""What payments hears of subscriptions: how many are live, which guards an account's last card (C-02)."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_contracts.envelope import Envelope
from saldo_contracts.events import (
    Event,
    SubscriptionActivated,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionDowngraded,
    SubscriptionEnded,
    SubscriptionReactivated,
    SubscriptionRenewed,
    TrialEnded,
    TrialStarted,
)
from saldo_messaging import Translator

from saldo_payments.application.copy_live_subscriptions import CopyLiveSubscriptions


def on_live_subscriptions_told(event: Event, envelope: Envelope) -> CopyLiveSubscriptions | None:
    """Each of these facts carries the count after it."""
    if not isinstance(
        event,
        TrialStarted
        | TrialEnded
        | SubscriptionActivated
        | SubscriptionChanged
        | SubscriptionRenewed
        | SubscriptionReactivated
        | SubscriptionDowngraded
        | SubscriptionCancelled
        | SubscriptionEnded,
    ):
        return None
    return CopyLiveSubscriptions(account_id=event.account_id, live=event.live_after)


LISTENS: Mapping[type[Event], Translator] = {
    TrialStarted: on_live_subscriptions_told,
    TrialEnded: on_live_subscriptions_told,
    SubscriptionActivated: on_live_subscriptions_told,
    SubscriptionChanged: on_live_subscriptions_told,
    SubscriptionRenewed: on_live_subscriptions_told,
    SubscriptionReactivated: on_live_subscriptions_told,
    SubscriptionDowngraded: on_live_subscriptions_told,
    SubscriptionCancelled: on_live_subscriptions_told,
    SubscriptionEnded: on_live_subscriptions_told,
}
