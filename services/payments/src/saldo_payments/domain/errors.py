"""What payments refuses, and the facts that go to the caller with each refusal."""

from __future__ import annotations

from datetime import datetime


class PaymentsError(Exception):
    """A rule of payments said no; the public attributes travel to the caller."""


class IllegalTransition(PaymentsError):
    """Something was asked of a thing whose state does not allow it."""

    def __init__(self, thing: str, *, state: str, wanted: str) -> None:
        super().__init__(f"a {thing} that is {state} cannot become {wanted}")
        self.thing = thing
        self.state = state
        self.wanted = wanted


class NotWaiting(PaymentsError):
    """A loop came for work that somebody else has already taken up; nothing is wrong."""

    def __init__(self, thing: str, *, state: str) -> None:
        super().__init__(f"the {thing} is {state}")
        self.state = state


class AmountNotPositive(PaymentsError):
    """Zero or less cannot be paid (C-08)."""

    def __init__(self) -> None:
        super().__init__("the amount must be above zero")
        self.field = "amount.minor_units"


class WrongCurrency(PaymentsError):
    """An account has one currency for life."""

    def __init__(self, *, given: str, expected: str) -> None:
        super().__init__(f"the account pays in {expected}, not in {given}")
        self.field = "amount.currency"
        self.given = given
        self.expected = expected


class MoreThanOwed(PaymentsError):
    """More than is owed is taken only where the payer says so; the surplus becomes credit (C-08)."""

    def __init__(self, *, owed_minor_units: int, currency: str) -> None:
        super().__init__("the amount is more than is owed; confirm the surplus to pay it all the same")
        self.field = "surplus_confirmed"
        self.owed_minor_units = owed_minor_units
        self.currency = currency


class OneWayToPay(PaymentsError):
    """A payment is made by a stored method or by a token, by exactly one of them."""

    def __init__(self) -> None:
        super().__init__("give either payment_method_id or processor_token")
        self.field = "payment_method_id"


class InvoiceNotOpen(PaymentsError):
    """The invoice named is not an open one of this account, as far as is known here."""

    def __init__(self, invoice_id: str) -> None:
        super().__init__("this invoice is not open")
        self.field = "invoice_id"
        self.invoice_id = invoice_id


class AttemptLimitReached(PaymentsError):
    """The account used up its tries of 24 hours (GOTO-62, C-14)."""

    def __init__(self, *, attempts_max: int, earliest: datetime) -> None:
        super().__init__(f"{attempts_max} attempts were made within 24 hours; please wait until the time given")
        self.attempts_max = attempts_max
        self.earliest_next_try_at = earliest.isoformat()


class MethodDeclinedLately(PaymentsError):
    """A declined method rests for an hour; another one may be tried at once (GOTO-52, C-14)."""

    def __init__(self, *, earliest: datetime) -> None:
        super().__init__("this method was declined less than an hour ago; try another one or wait")
        self.field = "payment_method_id"
        self.earliest_next_try_at = earliest.isoformat()


class MethodNotUsable(PaymentsError):
    """Only an active method can be charged or chosen (IBM-10)."""

    def __init__(self, *, status: str) -> None:
        super().__init__(f"the payment method is {status}")
        self.field = "payment_method_id"
        self.status = status


class LastMethodNeeded(PaymentsError):
    """While a subscription is live the account keeps one method that can be charged (IBM-07, C-02)."""

    def __init__(self, *, live_subscriptions: int) -> None:
        super().__init__("the last usable method cannot be removed while a subscription is live")
        self.live_subscriptions = live_subscriptions


class NotInDoubt(PaymentsError):
    """An operator ends only what is in doubt."""

    def __init__(self, *, state: str) -> None:
        super().__init__(f"the payment is {state}, not in doubt")
        self.state = state
