"""One payment is one trace, from the HTTP request to the mail server's answer, and names nobody; so do the metrics."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from saldo_contracts.events import InvoicePaid, NotificationSent, PaymentFailed, PaymentSucceeded
from saldo_local.suite import SERVICES, Shape

from tests.contracts.metrics_table import documented
from tests.flows.billing import Billing
from tests.flows.customer import Customer
from tests.flows.metrics_sink import MetricsSink, Process, Told
from tests.flows.tracing import Span, Traces, everything_told, new_trace

MAIL_SENT = "saldo-notifications smtp send"
GOOD_NUMBER, DECLINED_NUMBER, SECURITY_CODE = "5555555555554444", "4000000000000002", "8317"
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}")
START_OF_A_TOKEN = "eyJ"  # every JWT begins with {" in base64
HOLDER = "theodora.quackenbush@holder.example.org"


@pytest.fixture(scope="module")
def sink() -> Iterator[MetricsSink]:
    """What the services' exporters tell of metrics."""
    with MetricsSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def shape(sink: MetricsSink) -> Shape:
    """As in production: API and worker of each service are processes apart; metrics are told every second."""
    exporting = {
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": sink.endpoint,
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
    }
    return Shape(clock_starts_at=datetime(2026, 1, 5, 9, tzinfo=UTC), split=True, environment=exporting)


@pytest.fixture(scope="module")
async def traces(world: Billing) -> AsyncIterator[Traces]:
    """What the services' exporters told the suite's receiver."""
    assert world.suite.receiver is not None
    traces = Traces(world.suite.receiver.url)
    yield traces
    await traces.close()


async def test_one_payment_is_one_trace_over_all_services(billing: Billing, traces: Traces) -> None:
    vera = await billing.open_account("Vera")
    await vera.add_card()
    await vera.autopay(enabled=False)
    await vera.subscribe("connect-monthly")
    trace_id, traceparent = new_trace()
    payment = {"amount": {"minor_units": 60_00, "currency": "USD"}, "processor_token": "pm_card_visa"}
    async with vera.expect(PaymentSucceeded, InvoicePaid), vera.expect(PaymentSucceeded, NotificationSent):
        await _post(vera, "payments", "payments", payment, traceparent=traceparent)
    (request,) = await traces.of(trace_id, complete=lambda roots: _mails(roots) == 1)
    assert str(request) == "saldo-payments POST /v1/accounts/{account_id}/payments"
    assert request.attributes["saldo.account_id"] == vera.account_id
    handlers = [way[-1] for way in request.ways() if way[-1].name == "handle SettleCharge"]
    assert {span.attributes["saldo.payment_id"] for span in handlers} == {
        paid.payment_id for paid in vera.told(PaymentSucceeded)
    }
    parents = _parents(request)
    assert parents["saldo-payments handle MakeOneTimePayment"] == {str(request)}
    assert parents["saldo-payments collection call"] == {str(request)}
    # The processor's answer comes by the call or by its webhook, whichever is first; both go on with this trace.
    for listener in ("saldo-invoicing", "saldo-notifications"):
        heard_from = parents[f"{listener} process billing.payments.v1"]
        assert heard_from <= {str(request), "saldo-payments handle SettleCharge"}
    assert parents["saldo-subscriptions process billing.invoicing.v1"] == {
        "saldo-invoicing process billing.payments.v1"
    }
    assert parents[MAIL_SENT] == {"saldo-notifications delivery call"}


async def test_a_worker_that_was_away_goes_on_with_the_same_trace(billing: Billing, traces: Traces) -> None:
    xaver = await billing.open_account("Xaver")
    await xaver.add_card()
    trace_id, traceparent = new_trace()
    billing.suite.kill("subscriptions-worker")  # what the API commits now waits in its outbox: there is no relay
    await _post(xaver, "subscriptions", "subscriptions", {"plan": "connect-monthly"}, traceparent=traceparent)
    assert not await _outbox_is_empty(billing, "subscriptions")
    await billing.suite.restart("subscriptions-worker")
    await billing.rest()
    assert len(xaver.told(PaymentSucceeded)) == len(xaver.told(InvoicePaid)) == 1
    (request,) = await traces.of(trace_id, complete=lambda roots: _mails(roots) == len(xaver.told(InvoicePaid)) + 1)
    assert str(request) == "saldo-subscriptions POST /v1/accounts/{account_id}/subscriptions"
    parents = _parents(request)
    ordered, invoiced = (
        "saldo-subscriptions handle StartSubscription",
        "saldo-invoicing process billing.subscriptions.v1",
    )
    assert (parents[ordered], parents[invoiced]) == ({str(request)}, {ordered})
    assert parents["saldo-payments collection call"] == parents["saldo-notifications process billing.invoicing.v1"]
    assert parents["saldo-payments collection call"] == {invoiced}
    assert parents[MAIL_SENT] == {"saldo-notifications delivery call"}
    assert {way[-1].service for way in request.ways()} == {f"saldo-{service}" for service in SERVICES}


async def test_nothing_personal_stands_in_a_span_or_a_log_line(billing: Billing) -> None:
    zenobia = await billing.open_account("Zenobia")
    kept = await billing.processor.tokenize(GOOD_NUMBER, security_code=SECURITY_CODE)
    once = await billing.processor.tokenize(DECLINED_NUMBER, security_code=SECURITY_CODE)
    await zenobia.add_card(kept, holder=HOLDER)
    await zenobia.subscribe("connect-monthly")
    await zenobia.pay("5.00", card=once, surplus_confirmed=True)
    assert len(zenobia.told(PaymentFailed)) == len(zenobia.told(PaymentSucceeded)) == 1
    assert await billing.mails_to(HOLDER)
    stack = billing.suite.stack
    secrets = [
        *("zenobia", "theodora", HOLDER, "customers.example.org", "example street"),
        *(GOOD_NUMBER, DECLINED_NUMBER, kept, once),
        *(stack.processor_api_key, stack.processor_webhook_secret, START_OF_A_TOKEN),
        *(str(urlsplit(database.dsn).password) for database in billing.suite.databases.values()),
    ]
    logs = {name: process.log.read_text(errors="replace") for name, process in billing.suite.processes.items()}
    said = {"spans": everything_told(stack.run_directory), **logs}
    assert "smtp send" in said["spans"] and all("request" in log for name, log in logs.items() if "api" in name)
    found = [(where, secret) for where, text in said.items() for secret in secrets if secret.lower() in text.lower()]
    assert found == []


async def test_a_running_suite_exports_the_documented_metrics_and_no_others(
    billing: Billing, sink: MetricsSink
) -> None:
    wanda = await billing.open_account("Wanda")
    await wanda.add_card()
    await wanda.subscribe("connect-monthly")
    assert len(wanda.told(PaymentSucceeded)) == 1
    await _retry_a_notice_that_does_not_exist(billing, wanda)  # the one command that the API of notifications has
    table = documented()
    running = [(process.service, process.kind) for process in billing.suite.processes.values()]

    def missing(told: Mapping[Process, Mapping[str, Told]]) -> list[str]:
        return [
            f"{row.name} of {service} {kind}"
            for service, kind in running
            for row in table.values()
            if not row.rarely and row.told_by(service, kind) and row.name not in told.get((service, kind), {})
        ]

    await asyncio.to_thread(sink.wait_for, missing)
    for process, metrics in sink.told.items():
        for name, told in metrics.items():
            assert name in table, f"{process} tells {name}, which is not documented"
            row = table[name]
            assert (told.kind, told.unit) == (row.kind, row.unit), name
            assert {key for about in told.points for key, _ in about} <= row.attributes, name
            assert not [value for about in told.points for _, value in about if AN_ID.search(value)], name
    worker = sink.told[("payments", "worker")]
    assert worker["billing.commands"].value(saldo_command="SettleCharge", saldo_outcome="done") >= 1
    assert worker["billing.loop.call.duration"].value(saldo_loop="collection", saldo_outcome="settled") >= 1
    assert worker["billing.relay.leading"].value() == 1
    assert worker["billing.messaging.dead_letters"].value() == 0


async def _post(customer: Customer, service: str, path: str, body: dict[str, Any], *, traceparent: str) -> None:
    headers = {
        "Authorization": f"Bearer {customer.token}",
        "Idempotency-Key": str(uuid4()),
        "traceparent": traceparent,
    }
    url = f"/v1/accounts/{customer.account_id}/{path}"
    answer = await customer.billing.client(service).post(url, json=body, headers=headers)
    assert answer.status_code in (httpx2.codes.CREATED, httpx2.codes.ACCEPTED), answer.text


async def _retry_a_notice_that_does_not_exist(billing: Billing, customer: Customer) -> None:
    headers = {
        "Authorization": f"Bearer {billing.suite.token('agent', permissions=['service:override'])}",
        "Idempotency-Key": str(uuid4()),
    }
    url = f"/v1/accounts/{customer.account_id}/notices/{uuid4()}/retry"
    answer = await billing.client("notifications").post(url, headers=headers)
    assert answer.status_code == httpx2.codes.NOT_FOUND


async def _outbox_is_empty(billing: Billing, service: str) -> bool:
    connection = await asyncpg.connect(billing.suite.databases[service].dsn)
    try:
        return not await connection.fetchval("select count(*) from outbox")
    finally:
        await connection.close()


def _parents(request: Span) -> dict[str, set[str]]:
    """Under which spans each span of the tree stands, by service and name."""
    found: dict[str, set[str]] = {}
    for way in request.ways():
        if len(way) > 1:
            found.setdefault(str(way[-1]), set()).add(str(way[-2]))
    return found


def _mails(roots: Sequence[Span]) -> int:
    """How many mails the trace tells of."""
    return sum(str(way[-1]) == MAIL_SENT for root in roots for way in root.ways())
