"""The toy as a process of its own, which a failpoint may kill: `python -m ...worker_process DSN BOOTSTRAP PROFILE`."""

from __future__ import annotations

import asyncio
import signal
import sys

from saldo_local.kafka_choice import Profile
from saldo_messaging import MessagingSettings, Runtime

from shared.messaging.tests.component.purse import build


async def work(dsn: str, bootstrap: str, profile: Profile) -> None:
    """Be a worker until told to end."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Runtime(build(MessagingSettings(dsn, bootstrap, kafka_profile=profile))) as runtime:
        await runtime.start_worker()
        await stop.wait()
        await runtime.stop_worker()


if __name__ == "__main__":
    dsn, bootstrap, profile = sys.argv[1:]
    asyncio.run(work(dsn, bootstrap, "embedded" if profile == "embedded" else "apache"))
