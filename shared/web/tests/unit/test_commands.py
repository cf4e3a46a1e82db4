"""A request becomes a command with a cause; what the command says becomes the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import httpx2
import pytest
from saldo_work import Actor, Answered, Cause, CauseReused, NotYetKnown, Refusal, Refused, RequestKey, Transient

PAYMENTS = "/v1/accounts/0190b0a0-0000-7000-8000-00000000000a/payments"


class Recorded(Protocol):
    answer: Callable[[], Answered]
    asked: list[tuple[object, Cause, RequestKey | None]]


def raising(error: Exception) -> Callable[[], Answered]:
    def answer() -> Answered:
        raise error

    return answer


async def test_the_cause_holds_who_asked_and_the_key_names_the_request(
    client: httpx2.AsyncClient, commands: Recorded, as_agent: dict[str, str], agent: Actor, payment: dict[str, object]
) -> None:
    for _ in range(2):
        assert (await client.post(PAYMENTS, json=payment, headers=as_agent)).status_code == 202
    (command, cause, key), (again, second, _) = commands.asked
    assert key == RequestKey("agent:agent-1", "POST /v1/accounts/{account_id}/payments", "key-1")
    assert cause.actor == agent
    assert (command, cause.cause_id) == (again, second.cause_id)
    await client.post(PAYMENTS, json=payment, headers={**as_agent, "Idempotency-Key": "key-2"})
    assert commands.asked[2][1].cause_id != cause.cause_id


async def test_the_version_leaves_as_a_header(
    client: httpx2.AsyncClient, as_agent: dict[str, str], payment: dict[str, object]
) -> None:
    answer = await client.post(PAYMENTS, json=payment, headers=as_agent)
    assert answer.json() == {"payment_id": "p"}
    assert answer.headers["Saldo-Version"] == "payments/payment/3"
    assert "Idempotency-Replayed" not in answer.headers


async def test_a_repeat_is_marked(
    client: httpx2.AsyncClient, commands: Recorded, as_agent: dict[str, str], payment: dict[str, object]
) -> None:
    commands.answer = lambda: Answered(None, repeated=True)
    answer = await client.post(PAYMENTS, json=payment, headers=as_agent)
    assert (answer.status_code, answer.json()) == (202, {})
    assert answer.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", [None, "", "a b", "é", "x" * 256])
async def test_a_missing_or_malformed_key_is_400_naming_the_header(
    client: httpx2.AsyncClient, as_agent: dict[str, str], payment: dict[str, object], key: str | None
) -> None:
    headers = {name: value for name, value in as_agent.items() if name != "Idempotency-Key"}
    if key is not None:
        headers["Idempotency-Key"] = key
    sent = {name: value.encode("utf-8") for name, value in headers.items()}
    answer = await client.post(PAYMENTS, json=payment, headers=sent)  # type: ignore[arg-type]  # bytes, for the é
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-header")
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (
            Refused("attempt-limit-reached", "Not before then.", {"earliest_next_at": "t"}),
            409,
            "attempt-limit-reached",
            None,
        ),
        (Refused("card-declined", "No.", {"retry_after_seconds": 3600}), 402, "card-declined", "3600"),
        (Refused("payment-not-found", "No.", {}), 404, "payment-not-found", None),
        (Refusal("A rule of a query."), 409, "refusal", None),
        (CauseReused(), 422, "idempotency-key-reused", None),
        (NotYetKnown("account", "a"), 409, "not-yet-known", "1"),
        (Transient("database"), 503, "try-again", "2"),
    ],
)
async def test_every_kind_of_error_has_its_answer(
    client: httpx2.AsyncClient,
    commands: Recorded,
    as_agent: dict[str, str],
    payment: dict[str, object],
    error: Exception,
    status: int,
    code: str,
    retry_after: str | None,
) -> None:
    commands.answer = raising(error)
    answer = await client.post(PAYMENTS, json=payment, headers=as_agent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == retry_after
    if isinstance(error, Refused):
        assert {**answer.json(), **error.facts} == answer.json()
