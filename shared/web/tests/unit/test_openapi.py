"""The contract of an API: complete, true, and readable by tools."""

from __future__ import annotations

from typing import Any

import httpx2
import jsonschema
import schemathesis
from fastapi import FastAPI
from hypothesis import Phase, given, settings
from saldo_web.problems import PROBLEM_SCHEMA
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

PAYMENTS = "/v1/accounts/{account_id}/payments"


async def test_every_operation_says_what_it_needs_and_how_it_can_fail(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    post = document["paths"][PAYMENTS]["post"]
    assert post["operationId"] == "request_payment"
    assert post["x-saldo-permission"] == "payment_methods:manage"
    assert post["security"] == [{"bearer": []}]
    assert post["x-saldo-refusals"] == ["card-declined"]
    assert set(post["responses"]) == {"202", "400", "401", "402", "403", "404", "409", "413", "415", "422", "503"}
    listed = document["paths"][PAYMENTS]["get"]
    assert set(listed["responses"]) == {"200", "401", "403", "404", "422", "503"}
    opened = document["paths"][PAYMENTS + "/open"]["post"]
    assert (opened["x-saldo-permission"], opened["security"]) == ("public", [])
    assert opened["x-saldo-public-because"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["x-saldo-permission"]
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    schema = response["content"]["application/problem+json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_a_problem_is_what_the_contract_says(client: httpx2.AsyncClient) -> None:
    jsonschema.validate((await client.get("/nowhere")).json(), dict(PROBLEM_SCHEMA))


def test_no_request_finds_a_500_or_an_undocumented_answer(app: FastAPI, as_agent: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    seen = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(max_examples=20, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
        @given(case=operation.as_strategy())
        # JSON Schema calls 1.0 an integer and money does not: so a request that fits the schema may be refused.
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(
                headers={"Authorization": as_agent["Authorization"]}, excluded_checks=[positive_data_acceptance]
            )

        ask()
        seen += 1
    assert seen == 6
