"""Invoicing from its bootstrap on a real database and broker; its neighbours are played by the teller."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from saldo_invoicing.bootstrap import build
from saldo_invoicing.settings import Settings
from saldo_messaging.clocks import MovableClock
from saldo_testkit.harness import Harness
from saldo_testkit.tokens import TokenIssuer

from services.invoicing.tests.component.billing import Billing

START = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)  # ahead of every machine clock, since business time never moves back

# A seller as borealis is, but being late costs 5.00, and it has no rate for reduced lines.
STRICT_SELLER = """
strict:
  country: US
  currencies: [USD]
  languages: [en]
  time_zone: UTC
  due_days: 0
  number_prefixes: {account: "S", invoice: "SI-", credit: "SC-"}
  late_fees_minor_units: {USD: 500}
"""
STRICT_RATES = """
- {seller: strict, country: "*", category: standard, from: 2000-01-01, rate: "0", name: "no tax", source: "test"}
- {seller: strict, country: "*", category: late_fee, from: 2000-01-01, rate: "0", name: "no tax", source: "test"}
"""


@pytest.fixture(scope="module")
async def service(
    process_settings: Callable[[str], Awaitable[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Harness]:
    folder = tmp_path_factory.mktemp("tables")
    settings = Settings(
        **await process_settings("invoicing"),
        address_fingerprint_key=SecretStr("a key for tests only"),
        sellers_file=_extended(folder, "sellers.yaml", STRICT_SELLER),
        tax_rates_file=_extended(folder, "tax_rates.yaml", STRICT_RATES),
    )
    async with Harness(build(settings), neighbours=("payments", "subscriptions")) as harness:
        assert isinstance(harness.runtime.clock, MovableClock)
        await harness.runtime.clock.move_to(START)
        yield harness


def _extended(folder: Path, name: str, more: str) -> Path:
    packaged = (files("saldo_invoicing.adapters.data") / name).read_text("utf-8")
    (folder / name).write_text(packaged + more, "utf-8")
    return folder / name


@pytest.fixture
def billing(service: Harness, token_issuer: TokenIssuer) -> Billing:
    """The words in which these tests tell their stories."""
    return Billing(service, token_issuer)
