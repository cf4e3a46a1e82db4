"""How the stripe library reaches the processor: over httpx2, with a time limit for the whole call."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NoReturn

import httpx2
import stripe

CONNECTIONS_MAX = 64  # twice the calls that a worker's loops have under way


class Httpx2Client(stripe.HTTPClient):
    """The library's own asynchronous clients stand on httpx, which is no longer maintained, or on aiohttp.

    The library's repeats are off: a repeat is the reconciliation's decision, taken when the books know of the doubt.
    """

    name = "httpx2"

    def __init__(self, *, timeout_seconds: float) -> None:
        super().__init__()
        self._timeout_seconds = timeout_seconds
        self._client = httpx2.AsyncClient(
            timeout=timeout_seconds,
            limits=httpx2.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=False,
        )

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One request; whatever goes wrong on the way is an APIConnectionError, as the library expects."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                response = await self._client.request(method, url, headers=dict(headers), content=post_data)
        except (httpx2.HTTPError, TimeoutError) as error:
            _unreachable(error)
        return response.content, response.status_code, response.headers

    def sleep_async(self, secs: float) -> Any:
        """Asked for by the library between repeats, of which there are none."""
        return asyncio.sleep(secs)

    async def close_async(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


class StripeClients:
    """One client a seller, since processor credentials are the seller's; `default_key` serves those without their own.

    `base_address` points at a stand-in, None at the processor itself.
    """

    def __init__(
        self,
        default_key: str,
        *,
        keys_of_sellers: Mapping[str, str],
        base_address: str | None,
        timeout_seconds: float,
    ) -> None:
        self._http = Httpx2Client(timeout_seconds=timeout_seconds)
        self._base_address = base_address
        self._default = self._client(default_key)
        self._of_sellers = {seller_id: self._client(key) for seller_id, key in keys_of_sellers.items()}

    def of(self, seller_id: str) -> stripe.StripeClient:
        """The client with this seller's credentials."""
        return self._of_sellers.get(seller_id, self._default)

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close_async()

    def _client(self, key: str) -> stripe.StripeClient:
        addresses = {"base_addresses": {"api": self._base_address}} if self._base_address else {}
        return stripe.StripeClient(key, http_client=self._http, max_network_retries=0, **addresses)  # type: ignore[arg-type]  # the library's TypedDict cannot be built conditionally


def _unreachable(error: Exception) -> NoReturn:
    raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]  # the library does not type its errors
        f"no answer: {type(error).__name__}"
    ) from error
