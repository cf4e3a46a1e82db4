"""The suite that is measured: every process as deployed, with 1 % of the traces; alone, nobody outside is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from saldo_local.stack import Stack
from saldo_local.suite import SERVICES, Process, Shape, Suite

from benchmarks.ground import ROOT

# A payer may try so often a day here that no run meets the limit; the sample sellers' is 5.
ENVIRONMENT = {
    "PAYMENTS_ATTEMPTS_MAX": "50",
    "PAYMENTS_ATTEMPTS_KEPT_FOR_PAYER": "0",
    "NOTIFICATIONS_SMTP_CONNECTIONS_MAX": "32",
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.01",
    "OTEL_BSP_SCHEDULE_DELAY": "5000",
}
SYSTEM_CLOCKS = {f"{service.upper()}_CLOCK": "system" for service in SERVICES}
FOLDER_VARIABLE = "BENCH_FOLDER"  # where a process of the bench leaves what it counted
TALLY_FILE = "mails.json"  # of the mailer in the process of notifications
OWN_MODULES = {
    "payments-worker": "benchmarks.chain.payments_worker",
    "notifications-worker": "benchmarks.chain.notifications_worker",
}


class ChainSuite(Suite):
    """Only the embedded suite's own wiring is touched: which processes there are and by which command they start."""

    def __init__(self, stack: Stack, *, alone: bool, clock_starts_at: datetime | None = None) -> None:
        clocks = {} if clock_starts_at else SYSTEM_CLOCKS
        self.folder = stack.run_directory / "bench"
        self.folder.mkdir(exist_ok=True)
        own = {FOLDER_VARIABLE: str(self.folder), "PYTHONPATH": str(ROOT)} if alone else {}
        shape = Shape(clock_starts_at=clock_starts_at, environment=ENVIRONMENT | clocks | own)
        super().__init__(shape, stack=stack)
        self._alone = alone

    def _plan(self) -> None:
        super()._plan()
        if self._alone:
            self.processes = {name: one for name, one in self.processes.items() if one.kind == "worker"}

    def _spawn(self, process: Process, extra: Mapping[str, str] | None = None) -> None:
        module = OWN_MODULES.get(process.name) if self._alone else None
        if module is None:
            return super()._spawn(process, extra)
        process.environment.update(extra or {})
        process.popen = self._popen([sys.executable, "-m", module, process.kind], process)
        return None

    async def _register_webhook(self) -> None:
        if not self._alone:
            await super()._register_webhook()

    def pids(self) -> dict[str, int]:
        """Our processes by name."""
        return {name: one.popen.pid for name, one in self.processes.items() if one.popen}

    def environment_of(self, service: str) -> dict[str, str]:
        """What a process of this service is started with."""
        return next(dict(one.environment) for one in self.processes.values() if one.service == service)


def bench_folder() -> Path:
    """The folder of the run, in a process of the bench."""
    return Path(os.environ[FOLDER_VARIABLE])
