"""An order over HTTP, from the request to the events on the broker."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from saldo_contracts import events as told
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.subscriptions.tests.component.customer import Customer


@pytest.mark.requirement("GOTO-124")
async def test_active_subscriptions_are_listed_and_further_ones_can_be_bought(customer: Customer) -> None:
    assert (await customer.orders("connect-monthly")).status_code == 201
    assert (await customer.orders("support-monthly", quantity=2)).status_code == 201
    await customer.service.settled()
    listed = (await customer.reads("subscriptions"))["items"]
    assert sorted((item["plan_code"], item["quantity"], item["status"]) for item in listed) == [
        ("connect-monthly", 1, "active"),
        ("support-monthly", 2, "active"),
    ]
    assert len(await customer.service.observer.expect(told.OrderPlaced, where=customer.is_mine, count=2)) == 2


async def test_an_order_is_told_started_and_charged_and_a_repeat_changes_nothing(customer: Customer) -> None:
    key = str(uuid4())
    first = await customer.orders("connect-monthly", key=key)
    again = await customer.orders("connect-monthly", key=key)
    other = await customer.orders("support-monthly", key=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Saldo-Version"].startswith("subscriptions/subscription/")
    assert other.status_code == 422
    await customer.service.settled()
    observer = customer.service.observer
    activated = await observer.one(told.SubscriptionActivated, where=customer.is_mine)
    await observer.one(told.BillingStarted, where=customer.is_mine)
    charges = await observer.one(told.ChargesFinalized, where=customer.is_mine)
    assert activated.live_after == 1
    assert charges.trigger == f"start:{first.json()['subscription_id']}"
    assert [line.amount.minor_units for line in charges.lines] == [6000]
    told_in_order = [type(seen.event).__name__ for seen in observer.seen if customer.is_mine(seen.event)]
    assert told_in_order.index("OrderPlaced") < told_in_order.index("ChargesFinalized")


async def test_two_starts_on_different_days_are_two_charges_of_60_and_40(customer: Customer) -> None:
    await customer.orders("connect-monthly")
    await customer.waits(3)
    await customer.orders("support-monthly")
    await customer.service.settled()
    charges = (await customer.reads("charges"))["items"]
    assert [(c["billing_date"], c["total"]["minor_units"]) for c in charges] == [
        ((await customer.today()).isoformat(), 4000),
        ((await customer.today() - timedelta(days=3)).isoformat(), 6000),
    ]


async def test_the_clock_runs_the_bill_of_each_period_on_its_first_day(customer: Customer) -> None:
    await customer.orders("connect-30d")
    started = await customer.today()
    await customer.waits(61)
    seen = await customer.service.observer.expect(told.ChargesFinalized, where=customer.is_mine, count=3)
    assert [event.billing_date - started for event in seen] == [timedelta(days=n) for n in (0, 30, 60)]
    envelopes = [s.envelope for s in customer.service.observer.seen if isinstance(s.event, told.ChargesFinalized)]
    times = [e.time.date() - started for e in envelopes if e.account_id == customer.account_id]
    assert times == [timedelta(days=n) for n in (0, 30, 60)]  # each at its own due time
    (subscription,) = (await customer.reads("subscriptions"))["items"]
    assert date.fromisoformat(subscription["next_billing_date"]) - started == timedelta(days=90)
    one = await customer.reads(f"subscriptions/{subscription['subscription_id']}")
    assert one == subscription


async def test_a_refused_order_is_a_problem_that_says_why_and_stays_on_record(customer: Customer) -> None:
    await customer.has_methods(0)
    key = str(uuid4())
    refused = await customer.orders("connect-monthly", key=key)
    again = await customer.orders("connect-monthly", key=key)
    assert refused.status_code == again.status_code == 409
    assert refused.json()["code"] == "no-payment-method"
    assert refused.json() == again.json()
    await customer.service.settled()
    rejected = await customer.service.observer.one(told.OrderRejected, where=customer.is_mine)
    assert rejected.reason is told.OrderRejection.NO_PAYMENT_METHOD
    (decision,) = (await customer.reads("decisions"))["items"]
    assert (decision["reason"], decision["order_id"]) == ("no_payment_method", rejected.order_id)
    await customer.has_methods(1)
    assert (await customer.orders("connect-monthly")).status_code == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"plan": "no-such-plan"}, 409),
        ({"plan": "team-monthly"}, 409),
        ({"plan": "connect-monthly", "starts_on": "2020-01-01"}, 409),
        ({"plan": "connect-monthly", "quantity": 0}, 422),
        ({"plan": "connect-monthly", "starts_on": "tomorrow"}, 422),
        ({"plan": "Connect Monthly"}, 422),
    ],
)
async def test_what_cannot_be_ordered(customer: Customer, body: dict[str, object], status: int) -> None:
    answer = await customer.http.post(
        customer.path("subscriptions"), json=body, headers={"Idempotency-Key": str(uuid4())}
    )
    assert answer.status_code == status, answer.text


async def test_pages_of_decisions_and_charges_follow_each_other(customer: Customer) -> None:
    for _ in range(3):
        await customer.orders("no-such-plan")
    for plan in ("connect-monthly", "support-monthly"):
        await customer.orders(plan)
    for what, count in (("decisions", 3), ("charges", 2), ("subscriptions", 2)):
        found: list[str] = []
        after = ""
        for _ in range(count):
            page = await customer.reads(f"{what}?limit=1{after}")
            found += [str(sorted(item.items())) for item in page["items"]]
            after = f"&after={page['next']}"
        assert page["next"] is None
        assert len(set(found)) == count


async def test_another_account_is_not_found_and_another_permission_is_refused(
    service: Harness, customer: Customer, token_issuer: TokenIssuer
) -> None:
    stranger = service.client(token_issuer.customer(str(uuid4()), seller="borealis"))
    poor = service.client(token_issuer.issue(sellers=["borealis"], permissions=[]))
    elsewhere = service.client(token_issuer.issue(sellers=["aurora"]))
    async with stranger, poor, elsewhere:
        for what in ("subscriptions", f"subscriptions/{uuid4()}", "service-state", "charges", "decisions"):
            assert (await stranger.get(customer.path(what))).status_code == 404
            assert (await elsewhere.get(customer.path(what))).status_code == 404
            assert (await poor.get(customer.path(what))).status_code == 403
        for caller, status in ((stranger, 404), (poor, 403)):
            answer = await caller.post(
                customer.path("subscriptions"), json={"plan": "connect-monthly"}, headers={"Idempotency-Key": "1"}
            )
            assert answer.status_code == status
    anybody = service.client()
    async with anybody:
        assert (await anybody.get(customer.path("subscriptions"))).status_code == 401


async def test_the_catalogue_shows_a_seller_that_the_caller_may_act_for(customer: Customer) -> None:
    shown = await customer.http.get("/v1/catalogue", params={"seller_id": "borealis"})
    assert shown.status_code == 200
    prices = {plan["plan_code"]: plan["prices"] for plan in shown.json()["plans"]}
    assert {"minor_units": 6000, "currency": "USD"} in prices["connect-monthly"]
    assert {"minor_units": 4000, "currency": "EUR"} in prices["support-monthly"]
    assert (await customer.http.get("/v1/catalogue", params={"seller_id": "aurora"})).status_code == 404


async def test_an_account_that_has_not_arrived_is_waited_for_then_asked_for_again(
    service: Harness, token_issuer: TokenIssuer
) -> None:
    async with Customer(service, token_issuer) as newcomer:
        early = await newcomer.orders("connect-monthly")
        assert (early.status_code, early.json()["code"]) == (409, "not-yet-known")
        assert early.headers["Retry-After"] == "1"
