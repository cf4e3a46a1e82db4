"""Late payment as the account sees it: messages of invoicing in, events on the broker and the service state out."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from saldo_contracts import events as told

from services.subscriptions.tests.component.customer import Customer


async def late(customer: Customer, plan: str = "suite-monthly", *, owed: int = 30000) -> date:
    """One plan, its invoice due today and overdue from tomorrow on; the due date."""
    assert (await customer.orders(plan)).status_code == 201
    due = await customer.today()
    await customer.waits(1)
    await customer.owes(owed, oldest=due)
    return due


async def test_two_overdue_invoices_suspend_once_and_only_the_last_cent_restores(customer: Customer) -> None:
    await customer.orders("connect-monthly")
    first = await customer.today()
    await customer.waits(1)
    await customer.orders("support-monthly")
    await customer.owes(10000, oldest=first)
    state = await customer.reads("service-state")
    assert state["state"] == "suspension_scheduled"
    assert state["suspension_date"] == (first + timedelta(days=7)).isoformat()
    await customer.waits(6)
    observer = customer.service.observer
    suspended = await observer.one(told.ServiceSuspended, where=customer.is_mine)
    assert len(suspended.subscription_ids) == 2
    listed = (await customer.reads("subscriptions"))["items"]
    assert {item["status"] for item in listed} == {"suspended"}
    for left in (4000, 1):
        await customer.owes(left, oldest=first + timedelta(days=1))
        assert (await customer.reads("service-state"))["state"] == "suspended"
    assert not observer.of(told.ServiceReactivated, where=customer.is_mine)
    await customer.owes(0, times=2)
    back = await observer.one(told.ServiceReactivated, where=customer.is_mine)
    assert sorted(back.subscription_ids) == sorted(suspended.subscription_ids)
    assert (await customer.reads("service-state"))["state"] == "active"
    assert {item["status"] for item in (await customer.reads("subscriptions"))["items"]} == {"active"}


async def test_old_and_repeated_balances_change_nothing(customer: Customer) -> None:
    due = await late(customer)
    await customer.waits(6)
    await customer.owed_at(9, 0)
    await customer.owed_at(8, 30000, oldest=due, times=2)
    await customer.waits(10)
    assert (await customer.reads("service-state"))["state"] == "active"
    assert len(customer.service.observer.of(told.ServiceSuspended, where=customer.is_mine)) == 1


async def test_what_nobody_pays_is_cancelled_and_the_days_without_access_are_credited(customer: Customer) -> None:
    due = await late(customer)
    (charged,) = (await customer.reads("charges"))["items"]
    await customer.waits(29)
    observer = customer.service.observer
    downgraded = await observer.one(told.SubscriptionDowngraded, where=customer.is_mine)
    assert downgraded.access_ended_on == due + timedelta(days=6)
    assert downgraded.downgraded_on == due + timedelta(days=30)
    (credit,) = downgraded.credits
    (line,) = charged["lines"]
    assert (credit.charges_id, credit.line_id) == (charged["charges_id"], line["line_id"])
    period = line["service_period"]
    days = (date.fromisoformat(period["ends_before"]) - date.fromisoformat(period["starts_on"])).days
    remains = 30000 - credit.net_amount.minor_units
    assert abs(remains * days - 30000 * 7) < days  # seven days with access, to the cent
    await observer.one(told.SubscriptionEnded, where=customer.is_mine)
    refused = await customer.orders("suite-monthly")
    assert (refused.status_code, refused.json()["code"]) == (409, "unpaid-invoices")
    await customer.owes(0)
    assert (await customer.orders("suite-monthly")).status_code == 201
    assert (await customer.reads("service-state"))["state"] == "active"


async def test_an_order_is_refused_while_an_invoice_is_overdue_and_names_it(customer: Customer) -> None:
    await late(customer)
    refused = await customer.orders("support-monthly")
    assert (refused.status_code, refused.json()["code"]) == (409, "overdue")
    state = await customer.reads("service-state")
    assert refused.json()["oldest_overdue_invoice_id"] == state["oldest_overdue_invoice_id"]
    rejected = await customer.service.observer.one(told.OrderRejected, where=customer.is_mine)
    assert rejected.oldest_overdue_invoice_id == state["oldest_overdue_invoice_id"]
    await customer.owes(30000)
    assert (await customer.orders("support-monthly")).status_code == 201


async def test_nothing_recurring_is_charged_while_suspended_and_it_resumes_prorated(customer: Customer) -> None:
    await customer.orders("connect-30d")
    start = await customer.today()
    await customer.waits(25)
    await customer.owes(3000, oldest=start + timedelta(days=20))
    await customer.waits(20)  # suspended since day 27; day 30 was a billing date
    assert len(customer.service.observer.of(told.ChargesFinalized, where=customer.is_mine)) == 1
    (waiting,) = (await customer.reads("subscriptions"))["items"]
    assert waiting["next_billing_date"] is None
    await customer.owes(0)
    resumed = (await customer.service.observer.expect(told.ChargesFinalized, where=customer.is_mine, count=2))[-1]
    (line,) = resumed.lines
    assert line.kind is told.LineKind.PRORATED
    assert line.service_period is not None
    assert line.service_period.starts_on == start + timedelta(days=46)
    assert line.amount.minor_units == 1400  # 30.00 x 14 / 30
    await customer.waits(15)
    last = (await customer.service.observer.expect(told.ChargesFinalized, where=customer.is_mine, count=3))[-1]
    assert (last.billing_date, last.lines[0].amount.minor_units) == (start + timedelta(days=60), 3000)


async def test_an_agent_s_override_brings_service_back_until_its_day(customer: Customer) -> None:
    await late(customer)
    await customer.waits(6)
    until = (await customer.today() + timedelta(days=10)).isoformat()
    body = {"until": until, "reason": "wire announced, case 4711"}
    path = customer.path("service-state/overrides")
    denied = await customer.http.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
    assert denied.status_code == 403
    given = await customer.agent.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
    assert (given.status_code, given.json()["state"]) == (201, "suspension_scheduled")
    await customer.service.settled()
    back = await customer.service.observer.one(told.ServiceReactivated, where=customer.is_mine)
    assert back.reason is told.ReactivationReason.OVERRIDE
    await customer.waits(10)
    await customer.service.observer.expect(told.ServiceSuspended, where=customer.is_mine, count=2)
    await customer.owes(0)
    too_late = await customer.agent.post(path, json=body, headers={"Idempotency-Key": str(uuid4())})
    assert (too_late.status_code, too_late.json()["code"]) == (409, "nothing-to-override")


async def test_a_protected_plan_runs_on(customer: Customer) -> None:
    await customer.orders("vault-monthly")
    await late(customer)
    await customer.waits(40)
    states = {item["plan_code"]: item["status"] for item in (await customer.reads("subscriptions"))["items"]}
    assert states == {"vault-monthly": "active", "suite-monthly": "cancelled_non_payment"}
    charges = customer.service.observer.of(told.ChargesFinalized, where=customer.is_mine)
    assert [line.description_arguments["plan_code"] for run in charges for line in run.lines].count(
        "vault-monthly"
    ) == 2
