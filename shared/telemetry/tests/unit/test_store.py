"""What the receiver keeps, for how long, and by what a trace is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from saldo_telemetry.receiver import Question, SpanEvent, SpanStore
from saldo_telemetry.receiver.store import KEPT_SECONDS_MAX, SPANS_OF_TRACE_MAX

from shared.telemetry.tests.example_spans import ACCOUNT, OTHER, PAYMENT, SECOND, TRACE, one


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SpanStore]:
    store = SpanStore(tmp_path / "traces.db")
    store.add(
        [
            one("a", name="POST /v1/payments", attributes={"saldo.account_id": ACCOUNT}),
            one("b", "a", name="handle MakeOneTimePayment", attributes={"saldo.payment_id": PAYMENT}, status="error"),
            one("c", "b", name="process", service="saldo-invoicing", start=1),
            one("d", name="GET /v1/balance", trace_id=OTHER, start=10, attributes={"saldo.account_id": ACCOUNT}),
            one("e", name="write unit", trace_id="2" * 32, start=20, links=((TRACE, "b"),)),
        ]
    )
    yield store
    store.close()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (Question(), [OTHER, TRACE]),
        (Question(upkeep=True), ["2" * 32, OTHER, TRACE]),
        (Question(text=PAYMENT), [TRACE]),
        (Question(text=f"  {PAYMENT.upper()} "), [TRACE]),
        (Question(text=PAYMENT[:10]), [OTHER, TRACE]),  # both ids begin alike
        (Question(text=ACCOUNT), [OTHER, TRACE]),
        (Question(text=TRACE), [TRACE]),
        (Question(text=TRACE[:8]), [TRACE]),
        (Question(text="onetime"), [TRACE]),
        (Question(text="100% _ ' OR 1=1 --"), []),
        (Question(text="[a-f]*"), []),
        (Question(service="saldo-invoicing"), [TRACE]),
        (Question(service="saldo-invoic"), []),
        (Question(errors_only=True), [TRACE]),
        (Question(payments_only=True), [TRACE]),
        (Question(text=ACCOUNT, errors_only=True, service="saldo-payments"), [TRACE]),
        (Question(since_ns=5 * SECOND), [OTHER]),
        (Question(before_ns=10 * SECOND), [TRACE]),
        (Question(limit=1), [OTHER]),
        (Question(limit=0), []),
    ],
)
def test_a_trace_is_found_by_what_people_know_of_it(store: SpanStore, question: Question, found: list[str]) -> None:
    assert [trace.trace_id for trace in store.traces(question)] == found


def test_a_line_of_the_list_tells_root_services_errors_and_ids(store: SpanStore) -> None:
    (line,) = store.traces(Question(payments_only=True))
    assert (line.name, line.services) == ("POST /v1/payments", ("saldo-invoicing", "saldo-payments"))
    assert (line.spans, line.errors, line.milliseconds) == (3, 1, 2000.0)
    assert (line.payment_ids, line.account_ids) == ((PAYMENT,), (ACCOUNT,))


def test_a_root_that_comes_last_still_names_the_trace(tmp_path: Path) -> None:
    store = SpanStore(tmp_path / "traces.db")
    store.add([one("b", "a", name="inner", start=1)])
    assert store.traces()[0].name == "inner"
    store.add([one("a", name="outer")])
    assert store.traces()[0].name == "outer"
    assert store.traces()[0].spans == 2
    store.close()


def test_spans_are_kept_whole_once_and_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "traces.db"
    whole = replace(
        one("a", links=((OTHER, "z"),), attributes={"n": 3.5}),
        process="worker",
        events=(SpanEvent("exception", 5, {"exception.type": "x.Y"}),),
    )
    store = SpanStore(file)
    store.add([whole, whole])
    store.add([whole])
    store.close()
    store = SpanStore(file)
    assert store.trace(TRACE) == [whole]
    assert store.traces()[0].spans == 1
    store.close()


def test_the_traces_longest_untold_go_first(tmp_path: Path) -> None:
    clock = iter(range(1_000))
    store = SpanStore(tmp_path / "traces.db", spans_max=3, now=lambda: float(next(clock)))
    store.add([one("a", trace_id="a" * 32, attributes={"saldo.account_id": ACCOUNT}, links=((OTHER, "z"),))])
    store.add([one("b", trace_id="b" * 32, start=1)])
    store.add([one("c", trace_id="c" * 32, start=2), one("d", trace_id="c" * 32, start=3)])
    assert [trace.trace_id[0] for trace in store.traces()] == ["c", "b"]
    assert store.traces(Question(text=ACCOUNT)) == []
    assert store.linking_to(OTHER) == []
    store.close()


def test_a_trace_is_kept_for_a_week(tmp_path: Path) -> None:
    now = 1_000_000.0
    store = SpanStore(tmp_path / "traces.db", now=lambda: now)
    store.add([one("a")])
    now += KEPT_SECONDS_MAX
    store.add([one("b", trace_id=OTHER)])
    assert store.trace(TRACE)
    now += 1
    store.add([one("c", trace_id=OTHER)])
    assert not store.trace(TRACE)
    assert len(store.trace(OTHER)) == 2
    store.close()


def test_one_trace_cannot_fill_the_file(tmp_path: Path) -> None:
    store = SpanStore(tmp_path / "traces.db")
    store.add([one(str(number)) for number in range(SPANS_OF_TRACE_MAX - 1)])
    store.add([one("last"), one("too many")])
    spans = store.trace(TRACE)
    assert len(spans) == SPANS_OF_TRACE_MAX
    assert "too many" not in {span.span_id for span in spans}
    store.close()


def test_a_file_of_an_older_version_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "traces.db"
    store = SpanStore(file)
    store.add([one("a")])
    store._connection.execute("PRAGMA user_version=1")
    store.close()
    store = SpanStore(file)
    assert store.traces() == []
    store.close()
