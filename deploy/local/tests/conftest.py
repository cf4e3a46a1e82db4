"""One stack for the whole run, a client of the card processor, and a way to wait without guessing how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import httpx2
import pytest
import stripe
from saldo_local.addresses import Part
from saldo_local.stack import Stack

Eventually = Callable[[Callable[[], object]], None]
DEADLINE_SECONDS = 10.0
POLL_SECONDS = 0.01


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with Stack() as running:
        yield running


@pytest.fixture
def eventually() -> Eventually:
    """Polls until the condition is true; fails at a deadline."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            pause.wait(POLL_SECONDS)

    return wait


@pytest.fixture
def processor(stack: Stack) -> Iterator[stripe.StripeClient]:
    """The official client; faults left by a test end with it."""
    yield client_of(stack)
    httpx2.delete(f"{stack.processor_url}/simulator/faults").raise_for_status()


@pytest.fixture
def simulator(stack: Stack) -> Iterator[httpx2.Client]:
    """The simulator's own doors."""
    with httpx2.Client(base_url=stack.processor_url) as client:
        yield client


@pytest.fixture
def customer(processor: stripe.StripeClient) -> str:
    return processor.v1.customers.create({"email": "ada@example.org"}).id


@pytest.fixture(scope="module")
def lone_processor() -> Iterator[Stack]:
    """A processor of its own, for tests that move its clock."""
    with Stack({Part.PROCESSOR}) as running:
        yield running


def client_of(stack: Stack) -> stripe.StripeClient:
    """Without the library's own retries, so that a test sees every answer."""
    return stripe.StripeClient(
        stack.processor_api_key, base_addresses={"api": stack.processor_url}, max_network_retries=0
    )
