"""Each service installs, migrates and runs alone: from its wheel, in an environment without the others."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from typing import Final

import pytest
from saldo_local.openapi_documents import PLACEHOLDERS
from saldo_local.suite import SERVICES, Process, Shape, Suite

from tests.e2e.wheels import LEAKS, ROOT, build_all, find_uv, install_alone, own_packages, run, succeeds
from tests.flows.billing import Billing
from tests.flows.invariants import assert_invariants
from tests.flows.witness import Witness

pytestmark = [
    pytest.mark.slow("builds ten wheels and starts the suite from four environments"),
    pytest.mark.timeout(600),
]

STARTS_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
INSTALLED: Final = "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
WHERE: Final = "import {package}; print({package}.__file__)"


@pytest.fixture(scope="module")
def interpreters(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each service's own, in an environment of its own."""
    uv, wheels = find_uv(), tmp_path_factory.mktemp("wheels")
    build_all(uv, wheels)
    environments = tmp_path_factory.mktemp("environments")
    return {name: install_alone(uv, name, wheels=wheels, folder=environments / name) for name in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_installs_with_what_it_asks_for_and_without_the_others(
    interpreters: Mapping[str, Path], service: str
) -> None:
    python = interpreters[service]
    ours = {name for name in json.loads(succeeds(python, "-c", INSTALLED)) if name.startswith("saldo")}
    assert ours == own_packages(service)
    place = Path(succeeds(python, "-c", WHERE.format(package=f"saldo_{service}")).strip())
    assert ROOT not in place.parents
    assert "serve" in succeeds(python, "-m", f"saldo_{service}", "--help")


@pytest.mark.parametrize("service", SERVICES)
def test_its_document_is_the_checkouts(interpreters: Mapping[str, Path], service: str) -> None:
    document = json.loads(
        succeeds(interpreters[service], "-m", f"saldo_{service}", "openapi", environment=environment(service))
    )
    assert document == json.loads((ROOT / "services" / service / "openapi.json").read_text())


@pytest.mark.parametrize("service", SERVICES)
async def test_it_brings_a_database_to_its_version_and_a_second_run_does_nothing(
    interpreters: Mapping[str, Path], service: str, make_database: Callable[[str], Awaitable[str]]
) -> None:
    wanted = environment(service) | {f"{service.upper()}_DATABASE_DSN": await make_database(service)}
    for _ in range(2):
        printed = succeeds(interpreters[service], "-m", f"saldo_{service}", "migrate", environment=wanted)
        assert "up to date" in printed


@pytest.mark.parametrize("service", SERVICES)
def test_a_setting_that_is_missing_is_named(interpreters: Mapping[str, Path], service: str) -> None:
    ended = run(interpreters[service], "-m", f"saldo_{service}", "api")
    assert ended.returncode != 0
    assert "settings:" in ended.stderr and "Traceback" not in ended.stderr, ended.stderr


async def test_four_services_from_their_wheels_are_one_suite(interpreters: Mapping[str, Path]) -> None:
    async with SuiteOfWheels(interpreters) as suite, Witness(suite.stack.kafka_bootstrap) as witness:
        billing = Billing(suite, witness, starts_at=STARTS_AT)
        try:
            customer = await billing.open_account("Ada")
            await customer.add_card()
            await customer.subscribe("connect-monthly")
            (invoice,) = await customer.invoices()
            assert invoice["status"] == "paid"
            await assert_invariants(billing)
        finally:
            await billing.close()


class SuiteOfWheels(Suite):
    """The suite, each service run by the interpreter of its own environment."""

    def __init__(self, interpreters: Mapping[str, Path]) -> None:
        super().__init__(Shape(clock_starts_at=STARTS_AT, split=False, traces=False))
        self._interpreters = interpreters

    def _popen(self, command: Sequence[str], process: Process) -> Popen[bytes]:
        process.environment.update(dict.fromkeys(LEAKS, ""))
        return super()._popen([str(self._interpreters[process.service]), *command[1:]], process)


def environment(service: str) -> dict[str, str]:
    """Settings with which nothing is contacted."""
    return {f"{service.upper()}_{name}": value for name, value in PLACEHOLDERS.items()}
