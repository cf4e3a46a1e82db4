"""One payment is one trace, from the HTTP request to the mail server's answer, and names nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from saldo_contracts.events import InvoicePaid, NotificationSent, PaymentSucceeded
from saldo_local.suite import Shape

from tests.flows.billing import Billing
from tests.flows.customer import Customer
from tests.flows.tracing import Span, Traces, new_trace

HOLDER_NAME = "Theodora Quackenbush"
HOLDER = "theodora.quackenbush@holder.example.org"


@pytest.fixture(scope="module")
def shape() -> Shape:
    """As in production: API and worker of each service are processes apart."""
    return Shape(clock_starts_at=datetime(2026, 1, 5, 9, tzinfo=UTC), split=True)


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
    async with vera.expect(PaymentSucceeded, InvoicePaid), vera.expect(PaymentSucceeded, NotificationSent):
        await _post(
            vera,
            "payments",
            "payments",
            {"amount": {"minor_units": 60_00, "currency": "USD"}, "processor_token": "pm_card_visa"},
            traceparent=traceparent,
        )
    (request,) = await traces.of(trace_id, complete=_reached_the_mail_server)
    assert str(request) == "saldo-payments POST /v1/accounts/{account_id}/payments"
    ways = [_steps(way) for way in request.ways()]
    assert ("saldo-payments handle MakeOneTimePayment",) in [way[1:] for way in ways]
