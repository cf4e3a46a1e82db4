"""Whatever is sent, an API answers what its document says: never a 500, never an undocumented status or shape."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import httpx2
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from saldo_local.suite import SERVICES
from saldo_web.problems import PROBLEM_MEDIA_TYPE, PROBLEM_SCHEMA
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contracts.house import WEBHOOK_SECRET
from tests.contracts.operations import SANDBOX_PATHS, operations
from tests.contracts.world import SELLER, World, bodies

pytestmark = pytest.mark.timeout(300)  # the house is built in the first test's time, on a busy machine too

EXAMPLES = 20  # of each operation, in every run
EXAMPLES_MANY = 200
MANY_SECONDS_MAX = 1_200
# Without positive_data_acceptance: JSON Schema calls 1.0 an integer and money does not, so what fits may be refused.
CHECKS: Final[list[CheckFunction]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# A query parameter that nobody knows is passed over, and headers are our own.
MUST_BE_RIGHT: Final = frozenset({ParameterLocation.PATH, ParameterLocation.BODY})
NO_DOORS: Final[Mapping[str, str]] = dict.fromkeys(SANDBOX_PATHS, "the time of the house stays where it is")


@pytest.fixture(scope="module", params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# -- generated requests ----------------------------------------------------------------------------------------------


class Fuzz:
    """Asks every operation of one service, half of the time about things that exist; runs outside the event loop."""

    def __init__(self, world: World, service: str) -> None:
        self._tokens = world.house.tokens
        self._values = world.resident.values
        self._schema = schemathesis.openapi.from_url(f"{world.house.urls[service]}/openapi.json")
        self.asked: set[str] = set()

    def run(self, mode: GenerationMode, *, examples: int) -> list[str]:
        """What went wrong, in words."""
        faults = []
        for found in self._schema.get_all_operations():
            assert isinstance(found, Ok), found
            operation = found.ok()
            if operation.path in NO_DOORS:
                continue
            self.asked.add(operation.label)
            if mode is GenerationMode.NEGATIVE and not (operation.body or list(operation.iter_parameters())):
                continue  # nothing can be wrong in a request that has nothing
            try:
                self._ask(operation, mode, examples=examples)
            except Exception as fault:  # one operation's fault must not hide the next one's
                faults.append(f"{operation.label}: {fault}")
        return faults

    def _ask(self, operation: Any, mode: GenerationMode, *, examples: int) -> None:
        headers = {"Authorization": f"Bearer {self._tokens.issue()}"}
        always = set() if operation.method.upper() == "GET" else {"account_id"}

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),  # a busy machine generates slowly
        )
        @given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
        def ask(case: schemathesis.Case[Any], exists: bool) -> None:
            wrong = made_wrong(case)
            if ParameterLocation.PATH not in wrong:
                # A write to an account that nobody knows waits two seconds for its copy: seconds that find nothing.
                real = set(case.path_parameters) if exists else set(case.path_parameters) & always
                case.path_parameters.update({name: self._values[name] for name in real})
            case.headers.pop("Authorization", None)  # ours counts
            refused = [negative_data_rejection] if wrong & MUST_BE_RIGHT else []
            case.call_and_validate(headers=headers, checks=[*CHECKS, *refused])

        try:
            ask()
        except BaseExceptionGroup as group:
            raise AssertionError("; ".join(str(one) for one in group.exceptions)) from group


def made_wrong(case: schemathesis.Case[Any]) -> set[ParameterLocation]:
    """The parts of a generated request that its document forbids."""
    parts = case.meta.components if case.meta else {}
    return {place for place, part in parts.items() if part.mode is GenerationMode.NEGATIVE}


async def test_no_request_finds_a_500_or_an_undocumented_answer(world: World, service: str) -> None:
    fuzz = await asyncio.to_thread(Fuzz, world, service)
    faults = await asyncio.to_thread(fuzz.run, GenerationMode.POSITIVE, examples=EXAMPLES)
    assert faults == []
    assert fuzz.asked == await documented(world, service)


@pytest.mark.slow("200 examples of each operation, good and bad ones")
@pytest.mark.timeout(MANY_SECONDS_MAX)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
async def test_no_request_of_many_does(world: World, service: str, mode: GenerationMode) -> None:
    fuzz = await asyncio.to_thread(Fuzz, world, service)
    faults = await asyncio.to_thread(fuzz.run, mode, examples=EXAMPLES_MANY)
    assert faults == []


async def documented(world: World, service: str) -> set[str]:
    """The labels of all operations that are asked."""
    paths = (await world.house.document(service))["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() if path not in NO_DOORS for method in item}


# -- bad input, said by hand -----------------------------------------------------------------------------------------

# service, method, path below the account (or whole), body, and the place and rule that the answer must name.
BAD_BODIES: Final = [
    ("invoicing", "POST", "/v1/accounts", {"seller_id": SELLER}, "#/currency", "missing"),
    ("invoicing", "PUT", "{account}/billing-profile", {"language": 7}, "#/language", "string_type"),
    ("invoicing", "PUT", "{account}/billing-profile", {"langauge": "en"}, "#/langauge", "extra_forbidden"),
    (
        "invoicing",
        "PUT",
        "{account}/invoice-recipients",
        {"recipients": [{"email": "nobody"}]},
        "#/recipients/0/email",
        "string_pattern_mismatch",
    ),
    (
        "subscriptions",
        "POST",
        "{account}/subscriptions",
        {"plan": "x", "quantity": 0},
        "#/quantity",
        "greater_than_equal",
    ),
    ("subscriptions", "POST", "{account}/subscriptions", {"plan": "x", "quantity": "1"}, "#/quantity", "int_type"),
    (
        "subscriptions",
        "POST",
        "{account}/service-state/overrides",
        {"until": "2026-02-30", "reason": "r"},
        "#/until",
        "date_from_datetime_parsing",
    ),
    (
        "payments",
        "POST",
        "{account}/payments",
        {"amount": {"minor_units": 1.5, "currency": "USD"}},
        "#/amount/minor_units",
        "int_type",
    ),
    (
        "payments",
        "POST",
        "{account}/payments",
        {"amount": {"minor_units": 1, "currency": "usd"}},
        "#/amount/currency",
        "string_pattern_mismatch",
    ),
    (
        "payments",
        "POST",
        "{account}/payment-methods",
        {"processor_token": "pm card"},
        "#/processor_token",
        "string_pattern_mismatch",
    ),
    ("payments", "PUT", "{account}/autopay", {"enabled": "maybe"}, "#/enabled", "bool_parsing"),
]
AGENT: Final = "2b1c6a52-6f0e-4d0a-9a55-0d5a6f0f6c11"  # one caller: a key is the caller's own
BAD_QUERIES: Final = [
    ("invoicing", "{account}/invoices?limit=0", "limit"),
    ("subscriptions", "{account}/charges?after=%2521", "after"),
    ("payments", "{account}/payments?limit=many", "limit"),
    ("notifications", "{account}/notices?state=lost", "state"),
    ("subscriptions", "/v1/catalogue", "seller_id"),
]
WITHOUT_KEY: Final = frozenset({"move_clock", "receive_stripe_webhook"})  # a repeat does nothing by itself
# Writes that ask for a key, by their service and operation id.
KEYED: Final = [
    ("invoicing", "POST", "/v1/accounts", "open_account"),
    ("subscriptions", "POST", "{account}/subscriptions", "start_subscription"),
    ("payments", "POST", "{account}/payments", "make_one_time_payment"),
    ("payments", "POST", "{account}/payment-methods", "submit_payment_method"),
    ("notifications", "POST", "{account}/notices/{notice}/retry", ""),
]


def place(world: World, path: str) -> str:
    values = world.resident.values
    return path.format(account=f"/v1/accounts/{values['account_id']}", notice=values["notice_id"])


async def ask(
    world: World, service: str, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    """As an agent who may do everything, with a key of its own unless headers say otherwise."""
    sent = {"Idempotency-Key": str(uuid4())} if headers is None else dict(headers)
    async with world.house.client(service, world.house.tokens.issue(subject=AGENT)) as client:
        if isinstance(body, bytes):
            return await client.request(method, place(world, path), content=body, headers=sent)
        return await client.request(method, place(world, path), json=body, headers=sent)


def problem(answer: httpx2.Response, *, status: int, code: str) -> dict[str, Any]:
    """The problem details, of the shape that every document promises."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    found: dict[str, Any] = answer.json()
    jsonschema.validate(found, dict(PROBLEM_SCHEMA))
    return found


@pytest.mark.parametrize(("service", "method", "path", "body", "pointer", "rule"), BAD_BODIES)
async def test_a_bad_body_is_answered_with_field_and_rule(
    world: World, service: str, method: str, path: str, body: object, pointer: str, rule: str
) -> None:
    found = problem(await ask(world, service, method, path, body=body), status=422, code="invalid-request")
    assert {"pointer": pointer, "rule": rule} in [
        {"pointer": one.get("pointer"), "rule": one["rule"]} for one in found["errors"]
    ], found["errors"]


@pytest.mark.parametrize(("service", "path", "parameter"), BAD_QUERIES)
async def test_a_bad_query_is_answered_with_its_parameter(
    world: World, service: str, path: str, parameter: str
) -> None:
    found = problem(await ask(world, service, "GET", path), status=422, code="invalid-request")
    assert [one["parameter"] for one in found["errors"]] == [parameter]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_write_documents_its_key_by_its_name(world: World, service: str) -> None:
    document = await world.house.document(service)
    found = [one for one in operations(service, document) if one.method != "get" and one.name not in WITHOUT_KEY]
    for operation in found:
        headers = [one["name"] for one in operation.about.get("parameters", ()) if one["in"] == "header"]
        assert "Idempotency-Key" in headers and "key" not in headers, f"{operation}: {headers}"


@pytest.mark.parametrize("key", ["", "two words", "k" * 256], ids=["empty", "space", "long"])
async def test_a_key_that_need_not_be_there_must_still_be_well_formed(world: World, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answer = await ask(world, "invoicing", "PUT", "{account}/billing-profile", body={"language": "en"}, headers=headers)
    found = problem(answer, status=400, code="invalid-header")
    assert [one["header"].lower() for one in found["errors"]] == ["idempotency-key"]


@pytest.mark.parametrize(("service", "method", "path", "name"), KEYED)
@pytest.mark.parametrize("key", [None, "", "two words", "k" * 256], ids=["none", "empty", "space", "long"])
async def test_a_key_that_is_missing_or_malformed_is_refused_by_name(
    world: World, service: str, method: str, path: str, name: str, key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = await ask(world, service, method, path, body=bodies(world.resident).get(name), headers=headers)
    found = problem(answer, status=400, code="invalid-header")
    assert [one["header"].lower() for one in found["errors"]] == ["idempotency-key"]


async def test_a_key_names_one_request_for_ever(world: World) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    wish = dict(bodies(world.resident)["open_account"])
    first = await ask(world, "invoicing", "POST", "/v1/accounts", body=wish, headers=headers)
    again = await ask(world, "invoicing", "POST", "/v1/accounts", body=wish, headers=headers)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = {**wish, "language": "de"}
    answer = await ask(world, "invoicing", "POST", "/v1/accounts", body=other, headers=headers)
    problem(answer, status=422, code="idempotency-key-reused")


@pytest.mark.parametrize(("service", "method", "path", "name"), [one for one in KEYED if one[3]])
async def test_what_is_no_json_or_too_large_is_refused(
    world: World, service: str, method: str, path: str, name: str
) -> None:
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    answer = await ask(world, service, method, path, body=b'{"seller_id": ', headers=headers)
    problem(answer, status=400, code="malformed-json")
    answer = await ask(world, service, method, path, body=b"{}", headers={**headers, "Content-Type": "text/plain"})
    problem(answer, status=415, code="content-type-refused")
    answer = await ask(world, service, method, path, body=b" " * 1_000_001, headers=headers)
    problem(answer, status=413, code="body-too-large")


# -- the public door of the processor --------------------------------------------------------------------------------


def signed(payload: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> dict[str, str]:
    """Stripe's signature scheme v1: HMAC-SHA256 of time, a dot and the raw body."""
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}


def intent(kind: str, **metadata: object) -> dict[str, object]:
    """An event of Stripe's about a payment intent."""
    told = {"id": "pi_1", "object": "payment_intent", "status": "succeeded", "metadata": metadata}
    return {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "data": {"object": told}}


TAKEN: Final[Mapping[str, object]] = {
    "of a kind that means nothing here": intent("customer.created"),
    "without our ids": intent("payment_intent.succeeded"),
    "of a payment that nobody knows": intent(
        "payment_intent.succeeded", account_id=str(uuid4()), payment_id=str(uuid4()), attempt_id=str(uuid4())
    ),
    "with ids that are none": intent("payment_intent.succeeded", account_id="a", payment_id="p", attempt_id="t"),
    "with ids that are numbers": intent("payment_intent.succeeded", account_id=1, payment_id=2, attempt_id=3),
    "of a card that nobody knows": intent("setup_intent.succeeded", payment_method_id=str(uuid4())),
    "of a card whose id is none": intent("setup_intent.succeeded", payment_method_id="pm"),
    "without data": {"id": "evt_bare", "type": "payment_intent.succeeded"},
    "with a data that is a list": {"id": "evt_list", "type": "payment_intent.succeeded", "data": []},
    "whose id is very long": {**intent("customer.created"), "id": "evt_" + "x" * 10_000},
}
REFUSED: Final[Mapping[str, tuple[bytes, Mapping[str, str]]]] = {
    "unsigned": (b"{}", {}),
    "with an empty signature": (b"{}", {"Stripe-Signature": ""}),
    "with a signature that is nonsense": (b"{}", {"Stripe-Signature": "t=x,v1=y"}),
    "signed with another secret": (b"{}", signed(b"{}", secret="whsec_another")),
    "signed an hour ago": (b"{}", signed(b"{}", at=time.time() - 3_600)),
    "changed after it was signed": (b'{"id": "evt_2"}', signed(b'{"id": "evt_1"}')),
    "signed, and no JSON": (b"{", signed(b"{")),
    "signed, and no object": (b"[]", signed(b"[]")),
    "signed, and no text": (b"\xff\xfe", signed(b"\xff\xfe")),
}


@pytest.mark.parametrize("news", TAKEN)
async def test_news_of_the_processor_is_taken_whatever_it_names(world: World, news: str) -> None:
    payload = json.dumps(TAKEN[news]).encode()
    async with world.house.client("payments", None) as client:
        answer = await client.post("/v1/webhooks/stripe", content=payload, headers=signed(payload))
    assert (answer.status_code, answer.json()) == (200, {"received": True}), answer.text


@pytest.mark.parametrize("news", REFUSED)
async def test_what_the_processor_did_not_sign_is_refused(world: World, news: str) -> None:
    payload, headers = REFUSED[news]
    async with world.house.client("payments", None) as client:
        answer = await client.post("/v1/webhooks/stripe", content=payload, headers=dict(headers))
    problem(answer, status=400, code="signature-invalid")
