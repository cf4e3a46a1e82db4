"""The mail sink as its reader sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

ARRIVAL_SECONDS = 20.0  # deadline of a wait for mail; generous, since a deadline never proves speed


class MailBox:
    """Reads the sink, and tells it what to do wrong."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def wait_for(self, address: str, *, count: int = 1) -> list[dict[str, Any]]:
        """The mails to this address, as soon as there are so many; fails at the deadline."""
        since = 0
        mails: list[dict[str, Any]] = []
        while len(mails) < count:
            query: dict[str, str | int | float] = {
                "to": address,
                "since_id": since,
                "wait_seconds": ARRIVAL_SECONDS,
            }
            new = (await self._client.get("/messages", params=query)).raise_for_status().json()["messages"]
            assert new, f"{len(mails)} of {count} mails to {address} came in {ARRIVAL_SECONDS} s"
            mails += new
            since = mails[-1]["id"]
        return mails

    async def now(self, address: str) -> list[dict[str, Any]]:
        """The mails to this address that are there."""
        answer = await self._client.get("/messages", params={"to": address})
        mails: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
        return mails

    async def faults(self, **wanted: object) -> None:
        """Replaces all faults; without arguments there are none."""
        (await self._client.put("/faults", json=wanted)).raise_for_status()

    async def faults_left(self) -> Mapping[str, Any]:
        answer: dict[str, Any] = (await self._client.get("/faults")).raise_for_status().json()
        return answer
