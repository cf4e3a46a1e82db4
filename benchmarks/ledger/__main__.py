"""The small service's worker as a process: `python -m benchmarks.ledger DSN BOOTSTRAP PROFILE`."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from typing import Literal, cast

import saldo_telemetry
from saldo_messaging import MessagingSettings, Runtime, run_process

from benchmarks.ground import READY_LINE
from benchmarks.ledger.service import NAME, build

POLL_SECONDS = 0.02


async def work(dsn: str, bootstrap: str, profile: str) -> None:
    """Be a worker as every service is one, until told to end; in the place of HTTP it says when it is ready."""
    telemetry = saldo_telemetry.start(NAME, "worker")
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    settings = MessagingSettings(dsn, bootstrap, kafka_profile=cast("Literal['embedded', 'apache']", profile))
    runtimes: list[Runtime] = []

    def remembered(runtime: Runtime) -> object:
        runtimes.append(runtime)
        return None

    async def say_when_ready(*_: object) -> None:
        assigned = runtimes[0].readiness()["assignment"]
        while not await assigned():
            await asyncio.sleep(POLL_SECONDS)
        print(READY_LINE, flush=True)
        await stop.wait()

    service = replace(build(settings), worker_http=remembered, serve_http=say_when_ready)  # type: ignore[arg-type]
    await run_process(service, "worker", stop)
    telemetry.shutdown()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
