"""One trace leads from the fact to the mail server's answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from saldo_contracts.events import NotificationSent, PaymentSucceeded
from saldo_telemetry.tracing import use_tracer
from saldo_testkit.harness import Harness

from services.notifications.tests.component.customer import Customer, person
from services.notifications.tests.mail_box import MailBox

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    use_tracer(provider.get_tracer("test"))
    yield exporter
    use_tracer(None)
    provider.shutdown()


async def test_the_call_to_the_mail_server_and_what_is_told_of_it_continue_the_facts_trace(
    service: Harness, customer: Customer, mail_box: MailBox, spans: InMemorySpanExporter
) -> None:
    anna = person()
    await customer.opened(anna)
    await customer.introduces(anna)
    await customer.tells(PaymentSucceeded, receipt_contact_id=None, traceparent=TRACEPARENT)
    await service.observer.one(NotificationSent, where=customer.owns)
    await service.settled()
    (call,) = [span for span in spans.get_finished_spans() if span.name == "smtp send"]
    assert call.context is not None
    assert (f"{call.context.trace_id:032x}", call.kind) == (TRACE_ID, SpanKind.CLIENT)
    assert call.attributes is not None
    assert (call.attributes["smtp.stage"], call.attributes["smtp.reply_code"]) == ("content", 250)
    assert anna.email not in str(dict(call.attributes))
    (told,) = [
        one for one in service.observer.seen if isinstance(one.event, NotificationSent) and customer.owns(one.event)
    ]
    assert told.envelope.traceparent is not None
    assert told.envelope.traceparent.split("-")[1] == TRACE_ID
