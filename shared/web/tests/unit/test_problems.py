"""Whatever goes wrong is told as a problem, with its place and its rule, and without a trace of our inside."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest
from saldo_web.problems import Problem, code_of, status_of
from saldo_work import NotFound

PAYMENTS = "/v1/accounts/0190b0a0-0000-7000-8000-00000000000a/payments"


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:saldo:problem:{code}")
    assert body["title"] and body["detail"]
    return body


Change = Callable[[dict[str, object]], object]


@pytest.mark.parametrize(
    ("change", "pointer", "rule"),
    [
        ({"amount": {"minor_units": "1", "currency": "EUR"}}, "#/amount/minor_units", "int_type"),
        ({"amount": {"minor_units": 1.5, "currency": "EUR"}}, "#/amount/minor_units", "int_type"),
        ({"amount": {"minor_units": 2**63, "currency": "EUR"}}, "#/amount/minor_units", "less_than_equal"),
        ({"amount": {"minor_units": 1, "currency": "eur"}}, "#/amount/currency", "string_pattern_mismatch"),
        ({"amount": None}, "#/amount", "model_attributes_type"),
        ({"note": "x" * 41}, "#/note", "string_too_long"),
        ({"note": ""}, "#/note", "string_too_short"),
        ({"note": "a\0b"}, "#/note", "no_nul"),
        ({"note": "\ud800"}, "#/note", "string_unicode"),
        ({"quantity": 2**63}, "#/quantity", "less_than_equal"),
        ({"quantity": -(2**63) - 1}, "#/quantity", "greater_than_equal"),
        ({"quantity": True}, "#/quantity", "int_type"),
        ({"at": "2026-01-01T00:00:00"}, "#/at", "timezone_aware"),
        ({"at": 5}, "#/at", "string_type"),
        ({"at": "0001-01-01T00:00:00+12:00"}, "#/at", "moment_range"),
        ({"on": 5}, "#/on", "string_type"),
        ({"on": "2026-02-30"}, "#/on", "date_from_datetime_parsing"),
        ({"a/b~c": 1}, "#/a~1b~0c", "extra_forbidden"),
        ({"unknown\0": 1}, "#/unknown", "no_nul"),
    ],
)
async def test_a_body_that_breaks_a_rule_is_told_where_and_which(
    client: httpx2.AsyncClient,
    as_agent: dict[str, str],
    payment: dict[str, object],
    change: dict[str, object],
    pointer: str,
    rule: str,
) -> None:
    content = json.dumps({**payment, **change})
    answer = await client.post(PAYMENTS, content=content, headers={**as_agent, "Content-Type": "application/json"})
    errors = problem(answer, 422, "invalid-request")["errors"]
    assert isinstance(errors, list)
    assert [(error["pointer"], error["rule"]) for error in errors] == [(pointer, rule)]
    assert "input" not in errors[0]


async def test_all_broken_rules_are_told_at_once(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    body = problem(await client.post(PAYMENTS, json={}, headers=as_agent), 422, "invalid-request")
    assert isinstance(body["errors"], list)
    assert {error["pointer"] for error in body["errors"]} == {"#/amount", "#/note"}


async def test_a_missing_body_is_told_at_its_root(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    body = problem(await client.post(PAYMENTS, headers=as_agent), 422, "invalid-request")
    assert isinstance(body["errors"], list)
    assert body["errors"][0]["pointer"] == "#"


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff", b'{"a": }', b"[" * 100_000, b"nul", b"\xef\xbb\xbf{}x", b'{"quantity": ' + b"9" * 5000 + b"}"],
)
async def test_what_is_no_json_is_malformed(
    client: httpx2.AsyncClient, as_agent: dict[str, str], content: bytes
) -> None:
    answer = await client.post(PAYMENTS, content=content, headers={**as_agent, "Content-Type": "application/json"})
    problem(answer, 400, "malformed-json")


async def test_json_that_is_too_deep_is_refused(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    content = b'{"note": ' + b"[" * 80 + b"]" * 80 + b"}"
    answer = await client.post(PAYMENTS, content=content, headers={**as_agent, "Content-Type": "application/json"})
    assert "too_deep" in answer.text
    problem(answer, 422, "invalid-request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "", "rubbish"])
async def test_another_content_type_is_refused(
    client: httpx2.AsyncClient, as_agent: dict[str, str], content_type: str
) -> None:
    answer = await client.post(PAYMENTS, content=b"{}", headers={**as_agent, "Content-Type": content_type})
    problem(answer, 415, "content-type-refused")


async def test_json_with_a_charset_or_a_suffix_is_json(
    client: httpx2.AsyncClient, as_agent: dict[str, str], payment: dict[str, object]
) -> None:
    for content_type in ("application/json; charset=utf-8", "application/merge-patch+json"):
        headers = {**as_agent, "Content-Type": content_type}
        answer = await client.post(PAYMENTS, content=json.dumps(payment), headers=headers)
        assert answer.status_code == 202


async def test_a_body_that_is_too_large_is_refused_declared_or_not(
    client: httpx2.AsyncClient, as_agent: dict[str, str]
) -> None:
    headers = {**as_agent, "Content-Type": "application/json"}

    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    declared = await client.post(PAYMENTS, content=b" " * 1_000_001, headers=headers)
    assert problem(declared, 413, "body-too-large")["bytes_max"] == 1_000_000
    problem(await client.post(PAYMENTS, content=undeclared(), headers=headers), 413, "body-too-large")
    problem(await client.post(f"{PAYMENTS}/open", content=undeclared()), 413, "body-too-large")


@pytest.mark.parametrize(
    "bad", ["x", "0190B0A0-0000-7000-8000-00000000000A", "a%00b", "0190b0a0-0000-7000-8000-00000000000a%0A"]
)
async def test_an_id_that_cannot_exist_names_nothing(
    client: httpx2.AsyncClient, as_agent: dict[str, str], bad: str
) -> None:
    problem(await client.get(f"/v1/accounts/{bad}/payments", headers=as_agent), 404, "not-found")


async def test_a_parameter_out_of_range_is_named(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    for query in ("limit=0", "limit=201", "limit=x", "limit=1e1", "after=%00", "other=%00"):
        body = problem(await client.get(f"{PAYMENTS}?{query}", headers=as_agent), 422, "invalid-request")
        assert isinstance(body["errors"], list)
        assert body["errors"][0]["parameter"] == query.split("=")[0]


async def test_unknown_paths_and_methods_are_problems_too(client: httpx2.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    problem(await client.get("/docs"), 404, "not-found")
    answer = await client.put(PAYMENTS)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, POST"


async def test_a_query_that_finds_nothing_is_404(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    answer = await client.get(f"{PAYMENTS}/0190b0a0-0000-7000-8000-00000000000b", headers=as_agent)
    problem(answer, 404, "not-found")


async def test_a_defect_is_500_and_tells_nothing(
    client: httpx2.AsyncClient, as_agent: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await client.delete(f"{PAYMENTS}/broken", headers=as_agent)
    problem(answer, 500, "internal-error")
    assert "4111" not in answer.text and "Traceback" not in answer.text


async def test_every_answer_has_the_security_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/health/live", "/nowhere", PAYMENTS, "/openapi.json"):
        headers = (await client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_codes_are_the_names_of_errors() -> None:
    class AttemptLimitReached(NotFound): ...

    class PANRefused(NotFound): ...

    assert code_of(AttemptLimitReached) == "attempt-limit-reached"
    assert code_of(PANRefused) == "pan-refused"
    assert code_of(NotFound) == "not-found"


def test_statuses_are_the_services_else_404_for_what_is_not_found_else_409() -> None:
    assert status_of("card-declined", {"card-declined": 402}) == 402
    assert status_of("invoice-not-found", {}) == 404
    assert status_of("not-found", {}) == 404
    assert status_of("card-declined", {}) == 409


def test_facts_never_replace_what_the_standard_names() -> None:
    body = json.loads(bytes(Problem(409, "x", "y", facts={"status": "captured", "open": 3}).response().body))
    assert (body["status"], body["fact_status"], body["open"]) == (409, "captured", 3)
