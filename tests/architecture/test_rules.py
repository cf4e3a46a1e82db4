"""The rules of the house hold on this checkout."""

import subprocess
from pathlib import Path

import pytest

from tests.architecture.rules import RULES, Rule
from tests.architecture.tree import sources


@pytest.fixture(scope="module")
def root(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule: Rule, root: Path) -> None:
    assert list(rule(root)) == []


def test_the_rules_see_every_package(root: Path) -> None:
    members = {path.parent.name for path in root.glob("*/*/pyproject.toml")}
    seen = {source.package.removeprefix("saldo_") for source in sources(root)}
    assert seen == members


def test_the_import_contracts_hold(root: Path) -> None:
    run = subprocess.run(
        [root / ".venv/bin/lint-imports", "--no-logo", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
