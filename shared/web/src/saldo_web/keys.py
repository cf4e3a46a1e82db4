"""Where the public keys come from that tokens are verified with: an address, a file, or a document at hand."""

from __future__ import annotations

import abc
import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import httpx2
import jwt
from saldo_telemetry import logger
from saldo_work import Transient

REFRESH_SECONDS: Final = 300.0  # a withdrawn key counts no longer than a token lives
COOL_DOWN_SECONDS: Final = 30.0  # tokens with invented key ids must not turn us against the issuer
STALE_MAX_SECONDS: Final = 3600.0  # how long known keys outlive an issuer that does not answer
FETCH_TIMEOUT_SECONDS: Final = 5.0
DOCUMENT_BYTES_MAX: Final = 256_000
KEYS_MAX: Final = 100
ASYMMETRIC: Final = frozenset(
    {"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"}
)

_log = logger(__name__)


class Keys(Protocol):
    """Public keys by key id."""

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key, or None where the issuer has none of this id; raises `Transient` while no keys could be had."""

    async def close(self) -> None:
        """Let go of connections; a second call does nothing."""


class JwksDocument:
    """Keys at hand, as tests and fixed installations have them."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._keys = read_keys(document)

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        return self._keys.get(key_id)

    async def close(self) -> None:
        return None


class _CachedKeys(abc.ABC):
    """Keys that are fetched once for everybody who waits, renewed beside the requests, and kept while that fails."""

    def __init__(self, machine_seconds: Callable[[], float]) -> None:
        self._seconds = machine_seconds
        self._keys: dict[str, jwt.PyJWK] = {}
        self._loaded_at: float | None = None
        self._tried_at: float | None = None
        self._loading: asyncio.Task[None] | None = None

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """A known id never waits; an unknown one waits for at most one load within the cool-down."""
        age = self._age()
        if age is not None and age < STALE_MAX_SECONDS and key_id in self._keys:
            if age > REFRESH_SECONDS and self._may_load():
                self._load_once()
            return self._keys[key_id]
        if self._loading is not None or self._may_load():
            await asyncio.shield(self._load_once())
        age = self._age()
        if age is None or age >= STALE_MAX_SECONDS:
            raise Transient("the issuer's keys cannot be had")
        return self._keys.get(key_id)

    async def close(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)

    @abc.abstractmethod
    async def _read(self) -> dict[str, jwt.PyJWK]:
        """All keys as they stand now at their source."""

    def _age(self) -> float | None:
        return None if self._loaded_at is None else self._seconds() - self._loaded_at

    def _may_load(self) -> bool:
        return self._tried_at is None or self._seconds() - self._tried_at >= COOL_DOWN_SECONDS

    def _load_once(self) -> asyncio.Task[None]:
        if self._loading is None:
            self._tried_at = self._seconds()
            self._loading = asyncio.create_task(self._load(), name="load keys")
            self._loading.add_done_callback(self._loaded)
        return self._loading

    def _loaded(self, _: asyncio.Task[None]) -> None:
        self._loading = None

    async def _load(self) -> None:
        try:
            self._keys = await self._read()
            self._loaded_at = self._seconds()
        except (OSError, ValueError, httpx2.HTTPError, jwt.PyJWTError) as error:
            _log.warning("keys could not be loaded", error=type(error).__name__)


class JwksAddress(_CachedKeys):
    """The issuer's JWKS document behind an HTTP address."""

    def __init__(
        self,
        address: str,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        machine_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(machine_seconds)
        self._address = address
        self._transport = transport
        self._client: httpx2.AsyncClient | None = None

    async def _read(self) -> dict[str, jwt.PyJWK]:
        if self._client is None:
            self._client = httpx2.AsyncClient(transport=self._transport, timeout=FETCH_TIMEOUT_SECONDS)
        async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
            answer = await self._client.get(self._address, headers={"Accept": "application/json"})
        answer.raise_for_status()
        if len(answer.content) > DOCUMENT_BYTES_MAX:
            raise ValueError("the document with the keys is too large")
        return read_keys(answer.json())

    async def close(self) -> None:
        await super().close()
        if self._client is not None:
            await self._client.aclose()
            self._client = None


class JwksFile(_CachedKeys):
    """The issuer's JWKS document in a file, for instance a mounted secret; read again as it changes."""

    def __init__(self, path: Path, *, machine_seconds: Callable[[], float] = time.monotonic) -> None:
        super().__init__(machine_seconds)
        self._path = path

    async def _read(self) -> dict[str, jwt.PyJWK]:
        text = await asyncio.to_thread(self._path.read_bytes)
        return read_keys(json.loads(text))


def read_keys(document: object) -> dict[str, jwt.PyJWK]:
    """The asymmetric signing keys of a JWKS document by key id; keys of other kinds are passed over.

    Raises ValueError for what is no JWKS document.
    """
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or len(entries) > KEYS_MAX:
        raise ValueError("not a JWKS document")
    found: dict[str, jwt.PyJWK] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK.from_dict(entry)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if key.algorithm_name in ASYMMETRIC:
            found[entry["kid"]] = key
    return found
