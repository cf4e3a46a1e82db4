"""Late payment from the first overdue day to the end: what is told, what is charged, what is credited."""

from datetime import UTC, date, datetime

import pytest
from saldo_contracts import events as told
from saldo_subscriptions.domain.errors import NothingToOverride, OverrideOutOfRange
from saldo_subscriptions.domain.subscription import Subscription, SubscriptionStatus
from saldo_subscriptions.domain.suspension import ServiceState

from services.subscriptions.tests.house import ACCOUNT, INVOICE, House, house

JUNE_4 = date(2026, 6, 4)


def late(plan: str = "suite-monthly", *, due: date = JUNE_4, started: date = date(2026, 6, 1)) -> House:
    """One plan of 300.00 from 1 June, its invoice due on 4 June and overdue since the 5th."""
    made = house(started)
    made.order(plan)
    made.move_to(date(2026, 6, 5))
    made.balance(1, 30000, oldest=due)
    return made


def test_an_overdue_invoice_schedules_the_suspension_seven_days_after_its_due_date() -> None:
    standing = late().standing
    assert standing.state is ServiceState.SUSPENSION_SCHEDULED
    assert standing.suspension_on == date(2026, 6, 11)
    assert standing.cancellation_on == date(2026, 7, 4)


def test_service_is_suspended_once_and_says_so_with_its_dates() -> None:
    account = late()
    account.move_to(date(2026, 6, 20))
    (suspended,) = account.of(told.ServiceSuspended)
    assert suspended.account_id == ACCOUNT
    assert suspended.since == datetime(2026, 6, 11, tzinfo=UTC)
    assert suspended.overdue.minor_units == 30000
    assert suspended.cancels_on == date(2026, 7, 4)
    assert suspended.subscription_ids == tuple(s.subscription_id for s in account.entities(Subscription))
    assert account.standing.suspended


def test_partial_payment_never_re_enables_and_the_last_cent_does() -> None:
    account = late()
    account.move_to(date(2026, 6, 12))
    account.balance(2, 3999, oldest=JUNE_4)
    account.balance(3, 1, oldest=JUNE_4)
    assert account.standing.suspended
    assert not account.of(told.ServiceReactivated)
    account.balance(4, 0)
    assert account.standing.state is ServiceState.ACTIVE
    (back,) = account.of(told.ServiceReactivated)
    assert back.reason is told.ReactivationReason.BALANCE_CLEARED
    assert back.suspended_since == datetime(2026, 6, 11, tzinfo=UTC)


def test_nothing_overdue_but_something_owed_keeps_it_suspended_without_a_cancellation_date() -> None:
    account = late()
    account.move_to(date(2026, 6, 12))
    account.balance(2, 500)
    assert account.standing.suspended
    assert account.standing.cancellation_on is None
    account.move_to(date(2026, 9, 1))
    assert account.standing.suspended


def test_a_scheduled_suspension_is_called_off_when_nothing_is_overdue() -> None:
    account = late()
    account.balance(2, 500)
    assert account.standing.state is ServiceState.ACTIVE
    account.move_to(date(2026, 6, 30))
    assert not account.of(told.ServiceSuspended)


def test_the_suspension_date_follows_the_oldest_invoice_that_is_still_overdue() -> None:
    account = late()
    account.balance(2, 4000, oldest=date(2026, 6, 8))
    assert account.standing.suspension_on == date(2026, 6, 15)
    account.move_to(date(2026, 6, 14), hour=23)
    assert account.standing.state is ServiceState.SUSPENSION_SCHEDULED
    account.move_to(date(2026, 6, 15))
    assert account.standing.suspended


def test_the_cancellation_date_follows_it_too() -> None:
    account = late()
    account.move_to(date(2026, 6, 12))
    account.balance(2, 4000, oldest=date(2026, 6, 8))
    assert account.standing.cancellation_on == date(2026, 7, 8)


def test_an_older_snapshot_is_ignored() -> None:
    account = late()
    account.balance(3, 0)
    account.balance(2, 30000, oldest=JUNE_4)
    assert account.standing.state is ServiceState.ACTIVE
    assert account.standing.ledger_version == 3


def test_more_credit_than_debt_counts_as_cleared() -> None:
    account = late()
    account.move_to(date(2026, 6, 12))
    account.balance(2, -100)
    assert account.standing.state is ServiceState.ACTIVE


def test_a_downgrade_credits_the_days_without_access() -> None:
    account = late()
    account.move_to(date(2026, 7, 4))
    (downgraded,) = account.of(told.SubscriptionDowngraded)
    (finalized,) = account.of(told.ChargesFinalized)
    (credit,) = downgraded.credits
    assert downgraded.reason is told.EndReason.NON_PAYMENT
    assert downgraded.access_ended_on == date(2026, 6, 10)
    assert downgraded.downgraded_on == date(2026, 7, 4)
    assert downgraded.live_after == 0
    assert (credit.charges_id, credit.line_id) == (finalized.charges_id, finalized.lines[0].line_id)
    assert credit.net_amount.minor_units == 20000
    (ended,) = account.of(told.SubscriptionEnded)
    assert ended.ended_on == date(2026, 6, 10)
    assert account.standing.state is ServiceState.CANCELLED_NON_PAYMENT


def test_whoever_is_suspended_during_a_day_had_access_on_it() -> None:
    account = house(date(2026, 6, 1))
    account.order("suite-monthly")
    account.move_to(date(2026, 6, 20), hour=15)  # told late: the suspension date has passed already
    account.balance(1, 30000, oldest=date(2026, 6, 1))
    account.run_due()
    assert account.standing.suspended_since == datetime(2026, 6, 20, 15, tzinfo=UTC)
    assert account.standing.without_access_from == date(2026, 6, 21)


def test_whoever_is_suspended_late_still_has_the_days_until_cancellation() -> None:
    account = house(date(2026, 6, 1))
    account.order("suite-monthly")
    account.move_to(date(2026, 6, 20))
    account.balance(1, 30000, oldest=date(2026, 3, 1))  # an old invoice was reopened
    account.run_due()
    assert account.standing.cancellation_on == date(2026, 7, 13)


def test_nothing_recurring_is_finalized_while_suspended() -> None:
    account = late(due=date(2026, 6, 1))
    account.balance(2, 30000, oldest=date(2026, 6, 20))
    account.move_to(date(2026, 7, 15))
    assert account.standing.suspended
    assert [line.period_starts_on for line in account.lines] == [date(2026, 6, 1)]


def test_charging_resumes_on_the_day_of_reactivation_prorated() -> None:
    account = late(due=date(2026, 6, 1))
    account.balance(2, 30000, oldest=date(2026, 6, 20))
    account.move_to(date(2026, 7, 15))
    account.balance(3, 0)
    line = account.lines[-1]
    assert (line.service_starts_on, line.service_ends_before) == (date(2026, 7, 16), date(2026, 8, 1))
    assert line.amount.minor_units == 15484  # 300.00 x 16 / 31
    assert not line.first_of_series
    account.move_to(date(2026, 8, 1))
    assert account.lines[-1].service_starts_on == date(2026, 8, 1)
    assert account.lines[-1].amount.minor_units == 30000


def test_a_paid_period_that_was_cut_short_is_not_charged_again() -> None:
    account = late()
    account.move_to(date(2026, 6, 20))
    account.balance(2, 0)
    assert len(account.lines) == 1
    account.move_to(date(2026, 7, 1))
    assert [line.period_starts_on for line in account.lines] == [date(2026, 6, 1), date(2026, 7, 1)]


def test_a_suspension_and_a_billing_date_of_the_same_day_suspend_first() -> None:
    account = late(due=date(2026, 6, 24))
    account.balance(2, 30000, oldest=date(2026, 6, 24))
    account.move_to(date(2026, 7, 1))
    assert account.standing.suspended
    assert len(account.lines) == 1


def test_a_protected_plan_runs_and_is_charged_through_all_of_it() -> None:
    account = house(date(2026, 6, 1))
    account.order("vault-monthly")
    account.order("suite-monthly")
    account.move_to(date(2026, 6, 5))
    account.balance(1, 31000, oldest=JUNE_4)
    account.move_to(date(2026, 8, 2))
    by_plan = {s.plan_code: s for s in account.entities(Subscription)}
    assert by_plan["vault-monthly"].status is SubscriptionStatus.ACTIVE
    assert by_plan["suite-monthly"].status is SubscriptionStatus.CANCELLED_NON_PAYMENT
    assert by_plan["suite-monthly"].subscription_id in account.of(told.ServiceSuspended)[0].subscription_ids
    assert by_plan["vault-monthly"].subscription_id not in account.of(told.ServiceSuspended)[0].subscription_ids
    assert [line.period_starts_on.month for line in account.lines if line.plan_code == "vault-monthly"] == [6, 7, 8]
    assert account.of(told.SubscriptionDowngraded)[0].live_after == 1


def test_a_start_that_falls_into_a_suspension_begins_when_service_is_back() -> None:
    account = house(date(2026, 6, 1))
    account.order("suite-monthly")
    account.order("support-monthly", starts_on=date(2026, 6, 15))
    account.move_to(date(2026, 6, 5))
    account.balance(1, 30000, oldest=JUNE_4)
    account.move_to(date(2026, 6, 18))
    assert len(account.of(told.SubscriptionActivated)) == 1
    account.balance(2, 0)
    begun = account.of(told.SubscriptionActivated)[-1]
    assert begun.anchor_date == date(2026, 6, 18)
    assert begun.live_after == 2
    assert account.lines[-1].amount.minor_units == 4000
    assert account.lines[-1].first_of_series


def test_an_agent_may_let_a_suspended_account_run_until_a_day_and_it_is_logged() -> None:
    account = late()
    account.move_to(date(2026, 6, 12))
    account.put_off(date(2026, 6, 22))
    assert account.standing.state is ServiceState.SUSPENSION_SCHEDULED
    assert account.of(told.ServiceReactivated)[0].reason is told.ReactivationReason.OVERRIDE
    account.balance(2, 3000, oldest=JUNE_4)  # a part payment keeps the promise running
    assert account.standing.suspension_on == date(2026, 6, 22)
    account.move_to(date(2026, 6, 22))
    assert account.standing.suspended
    assert account.standing.cancellation_on == date(2026, 7, 15)
    assert len(account.of(told.ServiceSuspended)) == 2


def test_an_override_before_the_suspension_puts_it_off_silently() -> None:
    account = late()
    account.put_off(date(2026, 6, 30))
    assert account.standing.suspension_on == date(2026, 6, 30)
    assert not account.of(told.ServiceReactivated)


def test_an_override_of_a_suspension_with_nothing_overdue_ends_it() -> None:
    account = late()
    account.move_to(date(2026, 6, 12))
    account.balance(2, 500)
    account.put_off(date(2026, 6, 20))
    assert account.standing.state is ServiceState.ACTIVE
    assert account.standing.put_off_until is None


def test_there_is_nothing_to_override_on_an_active_or_a_cancelled_account() -> None:
    account = late()
    account.move_to(date(2026, 7, 4))
    with pytest.raises(NothingToOverride):
        account.put_off(date(2026, 7, 10))
    with pytest.raises(NothingToOverride):
        house().put_off(date(2026, 1, 20))


@pytest.mark.parametrize("until", [date(2026, 6, 5), date(2026, 6, 4), date(2026, 9, 4)])
def test_an_override_names_a_later_day_within_its_limit(until: date) -> None:
    with pytest.raises(OverrideOutOfRange):
        late().put_off(until)


def test_a_new_order_makes_a_cancelled_account_a_paying_one_again() -> None:
    account = late()
    account.move_to(date(2026, 7, 4))
    account.balance(2, 10000, oldest=JUNE_4)
    refused = account.order("suite-monthly")
    assert (refused["status"], refused["rejection"]) == ("rejected", "unpaid_invoices")
    assert account.of(told.OrderRejected)[0].reason is told.OrderRejection.UNPAID_INVOICES
    assert account.of(told.OrderRejected)[0].oldest_overdue_invoice_id == INVOICE
    account.balance(3, 0)
    assert account.standing.state.value == "cancelled_non_payment"
    account.order("suite-monthly")
    assert account.standing.state.value == "active"
    days = [(line.service_starts_on, line.service_ends_before) for line in account.lines]
    assert days == [(date(2026, 6, 1), date(2026, 7, 1)), (date(2026, 7, 4), date(2026, 8, 4))]
