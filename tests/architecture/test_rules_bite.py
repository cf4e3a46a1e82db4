"""A guard that nobody has seen fail is no guard: each violation is written into a copy, and its rule must break.

Only the violation is planted; a room that a service does not have yet is built around it.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.rules import RULES, Rule
from tests.architecture.tree import SOURCES

PAYMENTS = "services/payments/src/saldo_payments"

# Contract id -> violations, each a file of the copy and the line it holds.
CONTRACT_VIOLATIONS: dict[str, list[tuple[str, str]]] = {
    "rooms": [
        (f"{PAYMENTS}/domain/planted.py", "import saldo_payments.application.planted_target"),
        (f"{PAYMENTS}/application/planted.py", "import saldo_payments.adapters.planted_target"),
        (f"{PAYMENTS}/entrypoints/planted.py", "import saldo_payments.adapters.planted_target"),
        (f"{PAYMENTS}/adapters/planted.py", "import saldo_payments.migrations.planted_target"),
        (f"{PAYMENTS}/drawer.py", ""),
    ],
    "packages": [
        (f"{PAYMENTS}/adapters/planted.py", "import saldo_invoicing"),
        (f"{PAYMENTS}/adapters/planted.py", "import saldo_testkit"),
        (f"{PAYMENTS}/adapters/planted.py", "import saldo_local"),
        ("shared/testkit/src/saldo_testkit/planted.py", "import saldo_payments"),
        ("shared/messaging/src/saldo_messaging/planted.py", "import saldo_web"),
        ("shared/work/src/saldo_work/planted.py", "import saldo_messaging"),
        ("shared/contracts/src/saldo_contracts/planted.py", "import saldo_money"),
    ],
    "domain": [
        (f"{PAYMENTS}/domain/planted.py", "import sqlalchemy"),
        (f"{PAYMENTS}/domain/planted.py", "import saldo_contracts"),
    ],
    "application": [
        (f"{PAYMENTS}/application/planted.py", "import pydantic"),
        (f"{PAYMENTS}/application/planted.py", "import saldo_messaging"),
    ],
    "no-cycles": [
        ("shared/money/src/saldo_money/planted.py", "import saldo_money.planted_back"),
        (f"{PAYMENTS}/domain/planted.py", "import saldo_payments.domain.planted_back"),
    ],
}

# Rule -> violations.
RULE_VIOLATIONS: dict[Rule, list[tuple[str, str]]] = {
    rules.only_messaging_touches_the_broker: [
        (f"{PAYMENTS}/adapters/planted.py", "import aiokafka"),
        (f"{PAYMENTS}/entrypoints/planted.py", "def hear() -> None:\n    from faststream.kafka import KafkaBroker"),
    ],
    rules.only_adapters_write_sql: [
        (f"{PAYMENTS}/application/planted.py", "from sqlalchemy import select"),
        (f"{PAYMENTS}/entrypoints/planted.py", 'QUERY = "SELECT id FROM payments"'),
        (f"{PAYMENTS}/entrypoints/planted.py", 'QUERY = """\\n  delete from payments"""'),
        ("shared/web/src/saldo_web/planted.py", "import asyncpg"),
    ],
    rules.only_clocks_read_the_time: [
        (f"{PAYMENTS}/domain/planted.py", "from datetime import date\nTODAY = date.today()"),
        (f"{PAYMENTS}/adapters/planted.py", "import datetime\nNOW = datetime.datetime.now"),
        ("shared/messaging/src/saldo_messaging/planted.py", "from time import time"),
    ],
    rules.machine_time_is_named_only_where_it_is_read: [
        ("shared/telemetry/src/saldo_telemetry/tracing.py", '"""Emptied: reads no clock."""'),
    ],
    rules.no_module_is_a_drawer: [
        (f"{PAYMENTS}/domain/utils.py", ""),
        ("shared/testkit/tests/unit/helpers/planted.py", ""),
    ],
    rules.no_file_names_a_registry_or_a_machine: [
        ("docs/planted.md", "fetched from https://" + rules.REGISTRY_HOSTS[0] + "/simple"),
        ("deploy/planted.yaml", "path: " + "/".join(["", "work", "main"])),
        ("requirements.lock", "--index-url https://files." + rules.REGISTRY_HOSTS[1]),
    ],
    rules.the_imitated_broker_stays_in_unit_tests: [
        ("services/payments/tests/component/test_planted.py", "broker = faststream.kafka.Test" + "KafkaBroker"),
    ],
    rules.every_service_has_the_same_rooms: [
        (f"{PAYMENTS}/drawer.py", ""),
        (f"{PAYMENTS}/drawer/planted.py", ""),
        ("services/planted/src/saldo_planted/__main__.py", ""),
    ],
    rules.every_module_opens_with_a_sentence: [(f"{PAYMENTS}/domain/planted.py", "LIMIT = 5")],
    rules.the_domain_stands_on_the_standard_library_and_money: [
        (f"{PAYMENTS}/domain/planted.py", "import whenever"),
        (f"{PAYMENTS}/domain/planted.py", "from saldo_work import Cause"),
        (f"{PAYMENTS}/domain/planted.py", "from ..application import ports"),
    ],
    rules.the_application_stands_on_domain_contracts_money_and_work: [
        (f"{PAYMENTS}/application/planted.py", "import orjson"),
        (f"{PAYMENTS}/application/planted.py", "from saldo_web import problem"),
    ],
    rules.only_the_test_kit_gives_evidence: [
        ("tests/flows/test_planted.py", 'recorder.saw_event("InvoicePaid", "a1")'),
        ("services/payments/tests/component/test_planted.py", "seen = recorder.saw_request"),
    ],
    rules.a_package_declares_what_it_imports: [
        (f"{PAYMENTS}/adapters/planted.py", "import jinja2"),
        ("shared/contracts/src/saldo_contracts/planted.py", "from saldo_money import Money"),
    ],
}


@pytest.fixture(scope="module")
def pristine(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources and the contracts, nothing else."""
    copy = tmp_path_factory.mktemp("pristine") / "checkout"
    for pattern in SOURCES:
        for source in pytestconfig.rootpath.glob(pattern):
            shutil.copytree(
                source,
                copy / source.relative_to(pytestconfig.rootpath),
                ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
            )
            member = source.parent.relative_to(pytestconfig.rootpath)
            shutil.copy(source.parent / "pyproject.toml", copy / member)
    shutil.copy(pytestconfig.rootpath / "pyproject.toml", copy)
    return copy


@pytest.fixture
def checkout(pristine: Path, tmp_path: Path) -> Path:
    return shutil.copytree(pristine, tmp_path / "checkout")


def plant(checkout: Path, path: str, text: str) -> None:
    """Writes the violation, the packages around it and, where it imports what nobody wrote yet, that too."""
    _write(checkout / path, text)
    for word in text.split():
        name = word.rpartition(".")[2]
        if name == "planted_target":
            _write(checkout / "services/payments/src" / f"{word.replace('.', '/')}.py", "")
        if name == "planted_back":
            _write((checkout / path).with_name("planted_back.py"), f"import {word.removesuffix('_back')}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".py" and "src" in path.parts:
        (path.parent / "__init__.py").touch()
    path.write_text(text + "\n")


def broken_contracts(checkout: Path) -> set[str]:
    """The ids of the contracts that import-linter finds broken in a copy."""
    folders = [str(folder) for pattern in SOURCES for folder in checkout.glob(pattern)]
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    contracts = tomllib.loads((checkout / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert "Contracts:" in run.stdout, run.stdout + run.stderr
    return {contract["id"] for contract in contracts if f"{contract['name']} BROKEN" in run.stdout}


@pytest.mark.parametrize(
    ("contract", "path", "line"),
    [(contract, path, line) for contract, planted in CONTRACT_VIOLATIONS.items() for path, line in planted],
)
def test_the_contract_breaks(checkout: Path, contract: str, path: str, line: str) -> None:
    plant(checkout, path, line)
    assert contract in broken_contracts(checkout)


def test_an_untouched_copy_breaks_no_contract(checkout: Path) -> None:
    assert broken_contracts(checkout) == set()


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        pytest.param(rule, path, text, id=f"{rule.__name__}-{path.rpartition('/')[2]}")
        for rule, planted in RULE_VIOLATIONS.items()
        for path, text in planted
    ],
)
def test_the_rule_breaks(checkout: Path, rule: Rule, path: str, text: str) -> None:
    before = list(rule(checkout))
    plant(checkout, path, text)
    found = [violation for violation in rule(checkout) if violation not in before]
    assert found, f"{rule.__name__} says nothing about {text!r} in {path}"


def test_every_contract_and_every_rule_is_seen_to_bite(pristine: Path) -> None:
    contracts = tomllib.loads((pristine / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(CONTRACT_VIOLATIONS)
    assert set(RULES) == set(RULE_VIOLATIONS)
