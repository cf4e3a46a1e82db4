"""Lists are read page by page; a cursor is believed only if it is one of this list."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest
from saldo_web import encode_cursor

PAYMENTS = "/v1/accounts/0190b0a0-0000-7000-8000-00000000000a/payments"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ID = UUID("0190b0a0-0000-7000-8000-00000000000a")


def cursor(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


async def test_pages_join_without_gap_or_overlap(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    seen: list[int] = []
    query: dict[str, str] = {}
    for size in (50, 50, 20):
        body = (await client.get(PAYMENTS, params=query, headers=as_agent)).json()
        assert len(body["items"]) == size
        seen += [item["number"] for item in body["items"]]
        query = {"after": body["next"]}
    assert body["next"] is None
    assert seen == list(range(1, 121))


async def test_the_reader_may_choose_the_size(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    body = (await client.get(PAYMENTS, params={"limit": 120}, headers=as_agent)).json()
    assert len(body["items"]) == 120
    assert body["next"] is None


@pytest.mark.parametrize(
    "bad",
    [
        "", "x", "!!!!", "====", "é", "a" * 1001, cursor({}), cursor([]), cursor(5), cursor([1, 2, 3]),
        cursor(["2026-01-01T00:00:00", 1, str(ID), "x"]), cursor(["2026-01-01T00:00:00Z", "1", str(ID), "x"]),
        cursor(["2026-01-01T00:00:00Z", True, str(ID), "x"]), cursor(["2026-01-01T00:00:00Z", 2**63, str(ID), "x"]),
        cursor(["2026-01-01T00:00:00Z", 1, "x", "x"]), cursor(["2026-01-01T00:00:00Z", 1, str(ID), "\0"]),
        cursor(["2026-01-01T00:00:00Z", 1, str(ID), "\ud800"]), cursor(["0001-01-01T00:00:00+12:00", 1, str(ID), "x"]),
        base64.urlsafe_b64encode(b"[" * 700).decode(), encode_cursor(NOW, 1, ID),
    ],
)  # fmt: skip
async def test_what_is_no_cursor_of_this_list_is_refused(
    client: httpx2.AsyncClient, as_agent: dict[str, str], bad: str
) -> None:
    answer = await client.get(PAYMENTS, params={"after": bad}, headers=as_agent)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "after"


async def test_a_good_cursor_of_ours_is_taken(client: httpx2.AsyncClient, as_agent: dict[str, str]) -> None:
    good = encode_cursor(NOW, 118, ID, "ü")
    body = (await client.get(PAYMENTS, params={"after": good}, headers=as_agent)).json()
    assert [item["number"] for item in body["items"]] == [119, 120]
