"""What subscriptions refuses, each by its name; public attributes travel to the caller."""

from __future__ import annotations

from datetime import date


class SubscriptionsError(Exception):
    """A rule of subscriptions said no."""


class CadenceNotBilledYet(SubscriptionsError):
    """The profile is one of C-16, but nothing bills it yet."""

    def __init__(self, profile: str) -> None:
        super().__init__(f"nothing bills the cadence {profile} yet")
        self.profile = str(profile)


class IllegalTransition(SubscriptionsError):
    """The state table has no way from this state by this trigger."""

    def __init__(self, state: str, trigger: str) -> None:
        super().__init__(f"{state} cannot be left by: {trigger}")
        self.state = str(state)
        self.trigger = str(trigger)


class NothingToOverride(SubscriptionsError):
    """An override was asked for an account that is neither suspended nor about to be (C-24)."""

    def __init__(self, state: str) -> None:
        super().__init__(f"an account in state {state} has no suspension to override")
        self.state = str(state)


class OverrideOutOfRange(SubscriptionsError):
    """An override has to end on a later day, within its limit; `latest` is the last day it may name."""

    def __init__(self, until: date, *, earliest: date, latest: date) -> None:
        super().__init__(f"an override until {until} is not possible: choose a day from {earliest} to {latest}")
        self.until = until.isoformat()
        self.earliest = earliest.isoformat()
        self.latest = latest.isoformat()


class StartOutOfRange(SubscriptionsError):
    """A subscription starts today or later, within its limit."""

    def __init__(self, starts_on: date, *, earliest: date, latest: date) -> None:
        super().__init__(f"a start on {starts_on} is not possible: choose a day from {earliest} to {latest}")
        self.starts_on = starts_on.isoformat()
        self.earliest = earliest.isoformat()
        self.latest = latest.isoformat()
