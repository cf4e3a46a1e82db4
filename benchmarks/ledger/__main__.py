"""The small service's worker as a process: `python -m benchmarks.ledger DSN BOOTSTRAP PROFILE`."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Literal, cast

import saldo_telemetry
from saldo_messaging import MessagingSettings, Runtime

from benchmarks.ground import READY_LINE
from benchmarks.ledger.service import NAME, build

POLL_SECONDS = 0.02


async def work(dsn: str, bootstrap: str, profile: str) -> None:
    """Be a worker until told to end."""
    telemetry = saldo_telemetry.start(NAME, "worker")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = MessagingSettings(dsn, bootstrap, kafka_profile=cast("Literal['embedded', 'apache']", profile))
    async with Runtime(build(settings)) as runtime:
        await runtime.start_worker()
        assigned = runtime.readiness()["assignment"]
        while not await assigned():
            await asyncio.sleep(POLL_SECONDS)
        print(READY_LINE, flush=True)
        await stop.wait()
        await runtime.stop_worker()
    telemetry.shutdown()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
