"""Sends events to the registered endpoints, signed, again and again until they are taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field

import httpx2

from saldo_local.processor.clock import MovableClock
from saldo_local.processor.faults import Faults, Kind
from saldo_local.processor.records import Event, WebhookEndpoint
from saldo_local.processor.rendering import render
from saldo_local.processor.store import Store

TIMEOUT_SECONDS = 10.0
SIDE_BY_SIDE_MAX = 8
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0, 10.0)  # machine time; then the delivery is given up
HELD_SECONDS_MAX = 1.0  # an event that waits to be overtaken goes out alone if none follows
IDLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    event_id: str
    endpoint_id: str
    attempts: int


@dataclass(slots=True)
class Postman:
    """Starts deliveries in order of their events; like Stripe's, they may arrive in another."""

    store: Store
    clock: MovableClock
    faults: Faults
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    _not_before: dict[int, float] = field(default_factory=dict)
    _held: dict[int, str] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            while True:
                due = self._due()
                if due:
                    await asyncio.gather(*(self._deliver(client, delivery) for delivery in due))
                    continue
                self.bell.clear()
                try:
                    async with asyncio.timeout(self._idle_seconds()):
                        await self.bell.wait()
                except TimeoutError:
                    continue

    def waiting(self) -> int:
        """Deliveries that will be tried without the clock being moved."""
        query = "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND not_before <= ?"
        return int(self.store.database.execute(query, (self.clock.timestamp(),)).fetchone()[0])

    def next_due(self) -> int | None:
        """Simulated second at which a held-back delivery goes out."""
        query = "SELECT min(not_before) FROM deliveries WHERE state = 'waiting' AND not_before > ?"
        earliest = self.store.database.execute(query, (self.clock.timestamp(),)).fetchone()[0]
        return None if earliest is None else int(earliest)

    def _due(self) -> list[Delivery]:
        rows = self.store.database.execute(
            "SELECT id, event_id, endpoint_id, attempts FROM deliveries"
            " WHERE state = 'waiting' AND not_before <= ? ORDER BY id LIMIT ?",
            (self.clock.timestamp(), SIDE_BY_SIDE_MAX + len(self._not_before)),
        ).fetchall()
        now = time.monotonic()
        due = [Delivery(*row) for row in rows if self._not_before.get(row[0], 0.0) <= now]
        return due[:SIDE_BY_SIDE_MAX]

    def _idle_seconds(self) -> float:
        soonest = min(self._not_before.values(), default=time.monotonic() + IDLE_SECONDS)
        return max(0.005, min(IDLE_SECONDS, soonest - time.monotonic()))

    async def _deliver(self, client: httpx2.AsyncClient, delivery: Delivery) -> None:
        event = self.store.get(Event, delivery.event_id)
        endpoint = self.store.get(WebhookEndpoint, delivery.endpoint_id)
        if event is None or endpoint is None:
            self._finish(delivery, "given up")
            return
        if self._held_back(delivery, event.type):
            return
        copies = 2 if self._meets(Kind.WEBHOOK_DUPLICATE, event.type) else 1
        wrong = self._meets(Kind.WEBHOOK_WRONG_SIGNATURE, event.type)
        secret = f"whsec_{secrets.token_urlsafe(24)}" if wrong else endpoint.secret
        payload = json.dumps(render(event, ""), separators=(",", ":")).encode()
        taken = [await _post(client, endpoint.url, payload, secret=secret) for _ in range(copies)]
        if all(taken):
            self._finish(delivery, "delivered")
            self._let_go(delivery)
        else:
            self._try_again(delivery)

    def _held_back(self, delivery: Delivery, event_type: str) -> bool:
        if delivery.attempts or delivery.id in self._held:
            return False
        now = self.clock.now()
        if fault := self.faults.for_delivery(now, event_type, Kind.WEBHOOK_DELAYED):
            self.store.database.execute(
                "UPDATE deliveries SET not_before = ? WHERE id = ?", (int(now.timestamp()) + fault.seconds, delivery.id)
            )
            self._not_before[delivery.id] = time.monotonic() + fault.ms / 1000
            self._held[delivery.id] = ""
            return True
        if self.faults.for_delivery(now, event_type, Kind.WEBHOOK_OUT_OF_ORDER):
            self._not_before[delivery.id] = time.monotonic() + HELD_SECONDS_MAX
            self._held[delivery.id] = delivery.endpoint_id
            return True
        return False

    def _let_go(self, overtaker: Delivery) -> None:
        """Whoever waited at this endpoint to be overtaken may go now."""
        for identifier, endpoint_id in list(self._held.items()):
            if endpoint_id == overtaker.endpoint_id and identifier < overtaker.id:
                self._held[identifier] = ""
                self._not_before.pop(identifier, None)

    def _meets(self, kind: Kind, event_type: str) -> bool:
        return self.faults.for_delivery(self.clock.now(), event_type, kind) is not None

    def _try_again(self, delivery: Delivery) -> None:
        if delivery.attempts >= len(BACKOFF_SECONDS):
            self._finish(delivery, "given up")
            return
        self._not_before[delivery.id] = time.monotonic() + BACKOFF_SECONDS[delivery.attempts]
        self.store.database.execute("UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?", (delivery.id,))

    def _finish(self, delivery: Delivery, state: str) -> None:
        self._not_before.pop(delivery.id, None)
        self._held.pop(delivery.id, None)
        self.store.database.execute("UPDATE deliveries SET state = ? WHERE id = ?", (state, delivery.id))


def signature(payload: bytes, secret: str, *, timestamp: int) -> str:
    """Stripe's scheme v1: HMAC-SHA256 over `timestamp.payload`; the receiver compares with machine time."""
    signed = f"{timestamp}.".encode() + payload
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


async def _post(client: httpx2.AsyncClient, url: str, payload: bytes, *, secret: str) -> bool:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(payload, secret, timestamp=int(time.time())),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks) saldo-local",
    }
    try:
        response = await client.post(url, content=payload, headers=headers)
    except httpx2.HTTPError:
        return False
    return response.is_success
