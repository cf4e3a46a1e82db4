"""Ordering a plan: what is checked, what is told, what is charged, and that a refusal is on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from saldo_contracts import events as told
from saldo_subscriptions.application.note_payment_methods import NotePaymentMethods
from saldo_subscriptions.application.start_subscription import StartSubscription
from saldo_subscriptions.application.update_profile import UpdateProfile
from saldo_subscriptions.domain.account import Profile
from saldo_subscriptions.domain.charges import charges_id_of
from saldo_subscriptions.domain.errors import IllegalTransition, StartOutOfRange
from saldo_subscriptions.domain.order import Order, OrderStatus, Rejection
from saldo_subscriptions.domain.subscription import Subscription
from saldo_work import Actor, ActorKind, Cause, NotFound, NotYetKnown

from services.subscriptions.tests.house import ACCOUNT, CUSTOMER, House, house

TODAY = date(2026, 1, 31)


def test_an_order_for_today_starts_bills_and_says_so_in_order() -> None:
    account = house(TODAY)
    answer = account.order("connect-monthly", quantity=3)
    assert [type(event).__name__ for event in account.told] == [
        "OrderPlaced",
        "SubscriptionActivated",
        "BillingStarted",
        "ChargesFinalized",
    ]
    (activated,) = account.of(told.SubscriptionActivated)
    assert (activated.live_after, activated.price.minor_units) == (1, 18000)
    assert activated.order_id == answer["order_id"]
    (charges,) = account.of(told.ChargesFinalized)
    (line,) = charges.lines
    assert charges.trigger == f"start:{answer['subscription_id']}"
    assert charges.charges_id == charges_id_of(ACCOUNT, TODAY, charges.trigger)
    assert (line.quantity, line.unit_price, line.amount.minor_units) == ("3", "60.00", 18000)
    assert line.kind is told.LineKind.RECURRING
    assert line.first_of_series
    assert charges.period is not None
    assert (charges.period.starts_on, charges.period.ends_before) == (TODAY, date(2026, 2, 28))


def test_the_periods_that_follow_are_billed_in_advance_on_their_first_day() -> None:
    account = house(TODAY)
    account.order("connect-monthly")
    account.move_to(date(2026, 4, 30))
    runs = account.of(told.ChargesFinalized)
    assert [run.billing_date for run in runs] == [TODAY, date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    assert [run.trigger for run in runs[1:]] == ["run"] * 3
    assert not any(line.first_of_series for run in runs[1:] for line in run.lines)


def test_thirty_day_plans_are_billed_every_thirty_days() -> None:
    account = house(date(2026, 1, 10))
    account.order("connect-30d")
    account.move_to(date(2026, 3, 11))
    assert [run.billing_date for run in account.of(told.ChargesFinalized)] == [
        date(2026, 1, 10),
        date(2026, 2, 9),
        date(2026, 3, 11),
    ]


def test_what_falls_on_one_billing_date_goes_into_one_run() -> None:
    account = house(date(2026, 1, 10))
    account.order("connect-monthly")
    account.order("support-monthly")
    account.move_to(date(2026, 2, 10))
    *starts, run = account.of(told.ChargesFinalized)
    assert [charges.trigger.split(":")[0] for charges in starts] == ["start", "start"]
    assert sorted(line.amount.minor_units for line in run.lines) == [4000, 6000]


def test_late_billing_catches_up_period_by_period() -> None:
    account = house(TODAY)
    account.order("connect-monthly")
    account.now = datetime(2026, 5, 2, tzinfo=UTC)  # nobody ran timers for three months
    account.run_due()
    assert [run.billing_date.month for run in account.of(told.ChargesFinalized)] == [1, 2, 3, 4]


def test_a_start_on_a_later_day_waits_for_it() -> None:
    account = house(TODAY)
    answer = account.order("connect-monthly", starts_on=date(2026, 2, 10))
    assert answer["subscription_status"] == "scheduled"
    assert not account.of(told.SubscriptionActivated)
    account.move_to(date(2026, 2, 9), hour=23)
    assert not account.of(told.ChargesFinalized)
    account.move_to(date(2026, 2, 10))
    assert account.of(told.ChargesFinalized)[0].trigger == f"start:{answer['subscription_id']}"
    account.move_to(date(2026, 3, 10))
    assert account.of(told.ChargesFinalized)[1].trigger == "run"


def test_today_is_the_account_s_day() -> None:
    account = house(TODAY, zone="Asia/Tokyo", seller="borealis")
    account.now = datetime(2026, 1, 31, 16, tzinfo=UTC)  # 1 February there
    account.order("connect-monthly")
    assert account.lines[0].service_starts_on == date(2026, 2, 1)
    assert account.next_due() == datetime(2026, 2, 28, 15, tzinfo=UTC)


@pytest.mark.parametrize("starts_on", [date(2026, 1, 30), date(2027, 2, 2)])
def test_a_start_in_the_past_or_too_far_ahead_is_no_order_at_all(starts_on: date) -> None:
    account = house(TODAY)
    with pytest.raises(StartOutOfRange):
        account.order("connect-monthly", starts_on=starts_on)
    assert not account.told


def overdue(account: House) -> None:
    account.balance(1, 6000, oldest=date(2026, 1, 30))


def no_method(account: House) -> None:
    account.run(NotePaymentMethods(account_id=ACCOUNT, qualifying=0))


def closed(account: House) -> None:
    account.run(UpdateProfile(account_id=ACCOUNT, profile=profile(2, closed=True)))


def nothing(_: House) -> None:
    """The plan alone is why."""


def profile(version: int, *, zone: str = "UTC", closed: bool = False, by_transfer: bool = False) -> Profile:
    return Profile(
        account_number="A-1",
        currency="USD",
        time_zone=zone,
        pays_by_transfer=by_transfer,
        closed=closed,
        profile_version=version,
    )


@pytest.mark.parametrize(
    ("before", "plan", "rejection", "wire"),
    [
        (nothing, "no-such-plan", Rejection.UNKNOWN_PLAN, "product_not_available"),
        (nothing, "team-monthly", Rejection.PLAN_OF_ANOTHER_SELLER, "product_not_available"),
        (closed, "connect-monthly", Rejection.ACCOUNT_CLOSED, "other"),
        (overdue, "connect-monthly", Rejection.OVERDUE, "overdue"),
        (no_method, "connect-monthly", Rejection.NO_PAYMENT_METHOD, "no_payment_method"),
    ],
)
def test_a_refused_order_is_recorded_and_told(
    before: Callable[[House], None], plan: str, rejection: Rejection, wire: str
) -> None:
    account = house(TODAY)
    before(account)
    answer = account.order(plan)
    assert (answer["status"], answer["rejection"]) == ("rejected", rejection.value)
    (refused,) = account.of(told.OrderRejected)
    assert refused.reason.value == wire
    (order,) = account.entities(Order)
    assert (order.status, order.rejection, order.asked_by) == (OrderStatus.REJECTED, rejection, str(CUSTOMER))
    assert not account.entities(Subscription)


def test_a_currency_without_a_price_is_refused() -> None:
    account = house(TODAY, currency="GBP")
    assert account.order("connect-monthly")["rejection"] == Rejection.CURRENCY_NOT_PRICED.value


def test_an_open_invoice_that_is_not_due_does_not_block() -> None:
    account = house(TODAY)
    account.balance(1, 6000)
    assert account.order("connect-monthly")["status"] == "placed"


def test_a_contract_that_pays_by_transfer_needs_no_method() -> None:
    account = house(TODAY, methods=0, by_transfer=True)
    assert account.order("connect-monthly")["status"] == "placed"


def test_overdue_is_refused_until_it_is_paid() -> None:
    account = house(TODAY)
    overdue(account)
    assert account.order("connect-monthly")["status"] == "rejected"
    account.balance(2, 0)
    assert account.order("connect-monthly")["status"] == "placed"


def test_the_same_cause_gives_the_same_ids() -> None:
    cause = Cause(cause_id="request-1", actor=CUSTOMER)
    command = StartSubscription(account_id=ACCOUNT, plan_code="connect-monthly", quantity=1, starts_on=None)
    first, second = (house(TODAY).run(command, cause=cause) for _ in range(2))
    assert first == second


def test_another_s_account_is_not_found_and_an_unknown_one_may_still_arrive() -> None:
    stranger = Actor(kind=ActorKind.CUSTOMER, subject="c2", sellers=frozenset({"borealis"}), accounts=frozenset())
    command = StartSubscription(account_id=ACCOUNT, plan_code="connect-monthly", quantity=1, starts_on=None)
    with pytest.raises(NotFound):
        house(TODAY).run(command, actor=stranger)
    with pytest.raises(NotYetKnown):
        House(datetime(2026, 1, 31, tzinfo=UTC)).run(command, actor=CUSTOMER)


def test_an_older_profile_is_ignored_and_a_new_zone_moves_the_days_ahead() -> None:
    account = house(TODAY)
    account.order("connect-monthly")
    account.run(UpdateProfile(account_id=ACCOUNT, profile=profile(3, zone="America/New_York")))
    account.run(UpdateProfile(account_id=ACCOUNT, profile=profile(2, zone="Asia/Tokyo")))
    assert account.next_due() == datetime(2026, 2, 28, 5, tzinfo=UTC)


def test_a_new_zone_moves_a_start_that_is_ahead() -> None:
    account = house(TODAY)
    account.order("connect-monthly", starts_on=date(2026, 2, 10))
    account.run(UpdateProfile(account_id=ACCOUNT, profile=profile(2, zone="Asia/Tokyo")))
    assert account.next_due() == datetime(2026, 2, 9, 15, tzinfo=UTC)
    account.move_to(date(2026, 2, 9), hour=16)
    assert account.lines[0].service_starts_on == date(2026, 2, 10)


def test_a_period_cannot_be_charged_twice() -> None:
    account = house(TODAY)
    account.order("connect-monthly")
    (subscription,) = account.entities(Subscription)
    due = subscription.due_on(TODAY)
    assert due is not None
    with pytest.raises(IllegalTransition):
        subscription.charge(due, charges_id="x", line_id="y")
