"""Wheels of our packages, and environments that hold one service's wheel with what it asks for and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from saldo_local.suite import SERVICES

ROOT: Final = Path(__file__).parents[2]
SHARED: Final = ("money", "contracts", "work", "messaging", "telemetry", "web")
COMMAND_SECONDS_MAX = 300.0
# What would lead an interpreter back to the checkout.
LEAKS: Final = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT"})


def find_uv() -> Path:
    """The uv that deploy/setup uses."""
    own = ROOT / ".tools" / "bin" / "uv"
    found = own if own.exists() else shutil.which("uv")
    assert found, "there is no uv: run `make setup`"
    return Path(found)


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Far from the checkout, so that nothing is imported from it by accident."""
    inherited = {name: value for name, value in os.environ.items() if name not in LEAKS}
    return subprocess.run(
        [str(part) for part in command],
        cwd="/",
        env={**inherited, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        check=False,
    )


def succeeds(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What it printed; raises AssertionError with its last words."""
    ended = run(*command, environment=environment)
    assert ended.returncode == 0, f"{' '.join(map(str, command))}:\n{(ended.stderr or ended.stdout)[-3000:]}"
    return ended.stdout


def build_all(uv: Path, folder: Path) -> None:
    """A wheel of each shared package and each service; uv builds them by itself, nothing is fetched."""
    for package in (*(f"shared/{name}" for name in SHARED), *(f"services/{name}" for name in SERVICES)):
        succeeds(uv, "build", "--wheel", "--quiet", "--out-dir", folder, ROOT / package)


def install_alone(uv: Path, service: str, *, wheels: Path, folder: Path) -> Path:
    """The interpreter of a new environment with this service, third-party packages at the versions of the lock."""
    python = folder / "bin" / "python"
    succeeds(uv, "venv", "--quiet", "--no-python-downloads", "--python", base_python(), folder)
    install: Sequence[str | Path] = (
        *(uv, "pip", "install", "--quiet", "--python", python, "--find-links", wheels),
        *("--constraint", ROOT / "requirements.lock", f"saldo-{service}"),
    )
    if run(*install, "--offline").returncode:  # what make setup fetched is in uv's cache, unless somebody cleared it
        succeeds(*install)
    return python


def base_python() -> Path:
    """The interpreter that runs these tests."""
    return Path(sys.executable)


def own_packages(service: str) -> set[str]:
    """What the service's pyproject.toml asks for of ours, and what that asks for."""
    return {f"saldo-{service}", *_asked_for(ROOT / "services" / service)}


def _asked_for(package: Path) -> Iterator[str]:
    with (package / "pyproject.toml").open("rb") as file:
        asked = tomllib.load(file)["project"]["dependencies"]
    for name in asked:
        if name.startswith("saldo-"):
            yield name
            yield from _asked_for(ROOT / "shared" / name.removeprefix("saldo-"))
