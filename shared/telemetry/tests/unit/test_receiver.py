"""The trace reader takes what SDKs send, keeps it, and shows it to people on this machine."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from saldo_telemetry.receiver import Receiver, render_tree

from shared.telemetry.tests.example_spans import OTHER, TRACE, one

PROTOBUF = {"Content-Type": "application/x-protobuf"}


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path / "traces.db") as running:
        yield running


@pytest.fixture
def filled(receiver: Receiver) -> Receiver:
    receiver.store.add(
        [
            one("b", "a", name="publish", start=0.25, seconds=0.25),
            one("c", "b", name="<b>process</b>", service="saldo-invoicing", start=0.5, seconds=0.5, status="error"),
            one("a", name="POST /v1/payments"),
            one("d", trace_id=OTHER, name="later", service="saldo-notifications", start=900, links=((TRACE, "c"),)),
        ]
    )
    return receiver


def test_a_trace_is_drawn_as_a_tree(filled: Receiver) -> None:
    assert render_tree(filled.store.trace(TRACE)).splitlines() == [
        f"trace {TRACE}: 3 spans, 1000.0 ms",
        "saldo-payments  POST /v1/payments  [internal]  +0.0 ms  1000.0 ms",
        "└─ saldo-payments  publish  [internal]  +250.0 ms  250.0 ms",
        "   └─ saldo-invoicing  <b>process</b>  [internal]  +500.0 ms  500.0 ms  ERROR x.Y",
    ]
    assert f"<- {TRACE}" in render_tree(filled.store.trace(OTHER))


def test_orphans_and_circles_lose_no_span() -> None:
    drawn = render_tree(
        [one("a", "missing"), one("b", "c"), one("c", "b"), one("d", "d"), one("e", "a"), one("f", "a")]
    )
    assert len(drawn.splitlines()) == 7
    assert "├─ " in drawn
    assert render_tree([]) == ""


def test_the_list_of_traces_can_be_narrowed(filled: Receiver) -> None:
    with httpx2.Client(base_url=filled.address) as client:
        listed = client.get("/traces").json()["traces"]
        assert [(trace["name"], trace["spans"], trace["errors"]) for trace in listed] == [
            ("later", 1, 0),
            ("POST /v1/payments", 3, 1),
        ]
        assert listed[1]["services"] == ["saldo-invoicing", "saldo-payments"]
        assert listed[1]["duration_ms"] == 1000.0
        for query, found in (
            ({"service": "saldo-invoicing"}, [TRACE]),
            ({"since": "1970-01-01T00:10:00Z"}, [OTHER]),
            ({"since": "1970-01-01T00:10:00+00:00", "service": "saldo-payments"}, []),
            ({"limit": "1"}, [OTHER]),
            ({"service": "' OR 1=1 --"}, []),
        ):
            traces = client.get("/traces", params=query).json()["traces"]
            assert [trace["trace_id"] for trace in traces] == found
        for query in ({"since": "yesterday"}, {"limit": "-1"}, {"before": "now"}, {"limit": "²"}):
            assert client.get("/traces", params=query).status_code == 400


def test_a_trace_is_told_as_a_tree_and_where_it_went_on(filled: Receiver) -> None:
    with httpx2.Client(base_url=filled.address) as client:
        told = client.get(f"/traces/{TRACE}").json()
        (root,) = told["spans"]
        assert root["children"][0]["children"][0]["service"] == "saldo-invoicing"
        assert told["continued_in"] == [OTHER]
        assert client.get(f"/traces/{TRACE}", params={"format": "text"}).text.startswith(f"trace {TRACE}: 3 spans")
        assert client.get(f"/traces/{'0' * 32}").status_code == 404
        assert client.get("/traces/x").status_code == 404


def test_what_is_no_export_of_spans_is_refused(receiver: Receiver) -> None:
    good = ExportTraceServiceRequest().SerializeToString()
    with httpx2.Client(base_url=receiver.address) as client:

        def status(content: bytes, headers: dict[str, str], path: str = "/v1/traces") -> int:
            return client.post(path, content=content, headers=headers).status_code

        assert status(good, PROTOBUF) == 200
        assert status(gzip.compress(good), {**PROTOBUF, "Content-Encoding": "gzip"}) == 200
        assert status(b"x", {**PROTOBUF, "Content-Encoding": "gzip"}) == 400
        assert status(b"\xff\xff", PROTOBUF) == 400
        assert status(b"{}", {"Content-Type": "application/json"}) == 415
        assert status(good, {**PROTOBUF, "Content-Encoding": "br"}) == 415
        assert status(b"", PROTOBUF, "/v1/metrics") == 200
        assert status(b"", PROTOBUF, "/elsewhere") == 404
        bomb = gzip.compress(bytes(40_000_000))
        assert status(bomb, {**PROTOBUF, "Content-Encoding": "gzip"}) == 413
    assert receiver.store.traces() == []


def test_a_page_elsewhere_cannot_read_traces_by_another_name(receiver: Receiver) -> None:
    assert httpx2.get(receiver.address + "/", headers={"Host": "evil.example"}).status_code == 403


def test_who_waits_for_a_trace_is_woken_by_its_last_span(receiver: Receiver) -> None:
    receiver.store.add([one("a")])
    later = threading.Thread(target=lambda: receiver.store.add([one("b", "a")]))
    later.start()
    assert len(receiver.store.wait_for(TRACE, lambda spans: len(spans) == 2)) == 2
    later.join()
    with pytest.raises(TimeoutError, match="saldo-payments work"):
        receiver.store.wait_for(TRACE, lambda spans: len(spans) == 3, timeout_seconds=0.01)


def test_it_runs_as_a_process_and_ends_by_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "saldo_telemetry", "receiver", "--port", "0", "--file", str(tmp_path / "t.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("traces: ").strip()
        assert httpx2.get(address).status_code == 200
        process.terminate()
        assert process.wait(20) == 0
