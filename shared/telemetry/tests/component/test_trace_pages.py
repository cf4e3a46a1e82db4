"""From the SDK's exporter over real HTTP to what a person sees and clicks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx2
import pytest
from saldo_telemetry import current_trace, span, start
from saldo_telemetry.receiver import Receiver

from shared.telemetry.tests.example_spans import ACCOUNT, OTHER, PAYMENT, TRACE, one

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'
ROOT = "POST /v1/accounts/{account_id}/payments"


class Page(HTMLParser):
    """What a page says and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.styled: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [given["href"] or ""] if tag == "a" else []
        self.ids += [given["id"] or ""] if "id" in given else []
        self.styled += [name for name in given if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def __contains__(self, text: str) -> bool:
        return text in " ".join(self.words)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A payment that failed at the first call, and was asked about three hours later; told by the SDK."""
    with Receiver(tmp_path_factory.mktemp("traces") / "traces.db") as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
        patch.setenv("OTEL_METRICS_EXPORTER", "none")
        telemetry = start("payments", "worker")
        with span(ROOT, kind="server", attributes={"saldo.account_id": ACCOUNT}):
            parent = current_trace()[0]
            with pytest.raises(TimeoutError), span("collection call", attributes={"saldo.payment_id": PAYMENT}):
                raise TimeoutError
            with span(HOSTILE, attributes={HOSTILE: HOSTILE, "saldo.waited_seconds": 0.002}):
                pass
        late = datetime.now(UTC) - timedelta(hours=3)
        with span("reconciliation call", traceparent=parent, stored_at=late, attributes={"saldo.payment_id": PAYMENT}):
            pass
        with span("write unit", links=[parent or ""]):
            pass
        telemetry.shutdown()
        yield receiver


@pytest.fixture
def http(receiver: Receiver) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=receiver.address) as client:
        yield client


def trace_link(page: Page) -> str:
    return next(link for link in page.links if link.startswith("/trace/"))


def test_two_clicks_lead_to_the_waterfall_of_a_payment(http: httpx2.Client) -> None:
    first = Page(http.get("/", params={"errors": "1"}).text)
    assert ROOT in first and "payment 0190b0a0…000b" in first and "1 error" in first
    second = Page(http.get(trace_link(first)).text)
    for said in (ROOT, "collection call", "payments · worker", "failed", PAYMENT, ACCOUNT, "TimeoutError"):
        assert said in second, said


def test_a_payment_is_found_by_its_id_with_what_came_of_it_later(http: httpx2.Client) -> None:
    found = Page(http.get("/", params={"q": PAYMENT}).text)
    assert ROOT in found and "reconciliation call" in found
    earlier, later = (
        Page(http.get(link).text)
        for link in sorted(set(found.links), key=found.links.index, reverse=True)
        if link.startswith("/trace/")
    )
    assert "a trace of its own, linked to this one" in earlier and "reconciliation call" in earlier
    assert f"Goes on with {ROOT}" in later
    assert "Other traces of this payment" in later


def test_every_span_opens_its_details_without_a_script(http: httpx2.Client) -> None:
    page = Page(http.get(trace_link(Page(http.get("/?errors=1").text))).text)
    opened = [link[1:] for link in page.links if link.startswith("#span-")]
    assert len(set(opened)) == 4
    assert set(opened) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#row-")} <= set(page.ids)


def test_shared_work_is_shown_in_place_when_asked_for(http: httpx2.Client) -> None:
    link = trace_link(Page(http.get("/?errors=1").text))
    without = Page(http.get(link).text)
    assert "write unit" not in without and f"{link}?shared=1" in without.links
    assert "write unit" not in Page(http.get("/").text)
    assert "write unit" in Page(http.get("/?upkeep=1").text)


def test_a_trace_id_in_the_search_leads_straight_to_its_trace(http: httpx2.Client) -> None:
    link = trace_link(Page(http.get("/?errors=1").text))
    answer = http.get("/", params={"q": link.removeprefix("/trace/")})
    assert (answer.status_code, answer.headers["location"]) == (303, link)


def test_whatever_a_span_is_called_stays_a_text(http: httpx2.Client) -> None:
    for path in ("/?errors=1", f"/?q={HOSTILE}", trace_link(Page(http.get("/?errors=1").text))):
        text = http.get(path).text
        assert "<script>alert" not in text
        page = Page(text)
        assert page.tags.count("script") == 1  # our own, which only adds comfort
        assert page.styled == []
    assert HOSTILE in page


def test_pages_may_load_their_own_files_only(http: httpx2.Client) -> None:
    answer = http.get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []
    for name, kind in (("style.css", "text/css"), ("page.js", "text/javascript")):
        assert f"/assets/{name}" in answer.text
        assert http.get(f"/assets/{name}").headers["content-type"].startswith(kind)
    assert http.get("/assets/../server.py").status_code == 404


def test_what_is_not_there_is_said_on_a_page(http: httpx2.Client) -> None:
    for path, status in ((f"/trace/{'0' * 32}", 404), ("/trace/x", 404), ("/?before=x", 400)):
        answer = http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert "/" in Page(answer.text).links
    assert "Nothing found." in Page(http.get("/?q=nothing-of-that-name").text)


def test_pages_are_turned(tmp_path: Path) -> None:
    with Receiver(tmp_path / "traces.db") as receiver:
        receiver.store.add([one(str(number), trace_id=f"{number:032x}", start=number) for number in range(70)])
        first = Page(httpx2.get(receiver.address).text)
        older = next(link for link in first.links if "before=" in link)
        second = Page(httpx2.get(receiver.address + older).text)
    shown = [link for page in (first, second) for link in page.links if link.startswith("/trace/")]
    assert len(shown) == len(set(shown)) == 70


def test_an_empty_list_says_what_to_do(tmp_path: Path) -> None:
    with Receiver(tmp_path / "traces.db") as receiver:
        assert "No trace has arrived yet." in Page(httpx2.get(receiver.address).text)


def test_a_trace_of_a_thousand_spans_is_one_page(tmp_path: Path) -> None:
    with Receiver(tmp_path / "traces.db") as receiver:
        receiver.store.add([one("root"), *(one(f"s{number}", "root") for number in range(1_200))])
        page = Page(httpx2.get(f"{receiver.address}/trace/{TRACE}").text)
    assert "201 more spans are not shown" in page


def test_a_link_to_a_trace_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    with Receiver(tmp_path / "traces.db") as receiver:
        receiver.store.add([one("a", links=((OTHER, "z"),))])
        assert httpx2.get(f"{receiver.address}/trace/{TRACE}").status_code == 200
        assert sqlite3.connect(tmp_path / "traces.db").execute("select count(*) from links").fetchone() == (1,)
