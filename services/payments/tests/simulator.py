"""The card processor simulator as tests use it: faults, ledger, challenges, events to forward."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx2
import stripe
from saldo_local.stack import Stack


class Simulator:
    """`async with Simulator(stack) as simulator:`; faults end with it."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = httpx2.AsyncClient(
            base_url=stack.processor_url,
            headers={"Authorization": f"Bearer {stack.processor_api_key}"},
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.heal()
        await self._http.aclose()

    async def fails(self, kind: str, **how: object) -> None:
        """One fault, by default for the next payment intent."""
        (await self._http.post("/simulator/faults", json={"kind": kind, **how})).raise_for_status()

    async def heal(self) -> None:
        """No fault from now on."""
        (await self._http.delete("/simulator/faults")).raise_for_status()

    async def new_card(self, card: str = "tok_visa") -> str:
        """A token of a card, as the processor's page hands it to the payer's browser; known to nobody else."""
        made = await self._http.post("/v1/payment_methods", data={"type": "card", "card[token]": card})
        made.raise_for_status()
        token: str = made.json()["id"]
        return token

    async def behaves(self, token: str, behaviour: str) -> None:
        """The kept card does this from now on."""
        (
            await self._http.put(f"/simulator/payment-methods/{token}/behaviour", json={"behaviour": behaviour})
        ).raise_for_status()

    async def intents_of(self, attempt_id: str) -> Sequence[Mapping[str, Any]]:
        """The payment intents made under this attempt."""
        found = await self._http.get(
            "/v1/payment_intents/search", params={"query": f"metadata['attempt_id']:'{attempt_id}'"}
        )
        found.raise_for_status()
        data: Sequence[Mapping[str, Any]] = found.json()["data"]
        return data

    async def intents_of_account(self, account_id: str) -> Sequence[Mapping[str, Any]]:
        """All payment intents of an account, newest first."""
        found = await self._http.get(
            "/v1/payment_intents/search", params={"query": f"metadata['account_id']:'{account_id}'", "limit": 100}
        )
        found.raise_for_status()
        data: Sequence[Mapping[str, Any]] = found.json()["data"]
        return data

    async def authenticate(self, challenge_url: str, *, approve: bool) -> None:
        """The payer on the issuer's page."""
        await self._http.post(
            challenge_url, data={"outcome": "approve" if approve else "fail", **_secret(challenge_url)}
        )

    async def webhook_about_attempt(self, attempt_id: str, kind: str) -> bytes:
        """The body of the webhook that tells this of an attempt's intent."""
        found = await self._http.get("/v1/events", params={"limit": 100})
        found.raise_for_status()
        for event in found.json()["data"]:
            told = event["data"]["object"]
            if event["type"] == kind and told.get("metadata", {}).get("attempt_id") == attempt_id:
                return json.dumps(event, separators=(",", ":")).encode()
        raise AssertionError(f"no {kind} of attempt {attempt_id}")

    def signature(self, body: bytes) -> str:
        """The header a real webhook has."""
        signed: str = stripe.WebhookSignature.generate_signature_header(
            body.decode(), self._stack.processor_webhook_secret
        )
        return signed


def _secret(challenge_url: str) -> dict[str, str]:
    query = dict(httpx2.URL(challenge_url).params)
    return {"client_secret": query["client_secret"]} if "client_secret" in query else {}
