"""The servers beside the services: ended as a crash or an operator does it, and started again where they were."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg
import httpx2
from saldo_local.addresses import Part
from saldo_local.children import end_with_parent
from saldo_local.run_directory import command_line
from saldo_local.stack import Stack

from tests.faults.waiting import wait_for, wait_until

END_SECONDS_MAX = 60.0
# What asks a server to end in good order; PostgreSQL's is its fast shutdown, which ends every connection.
ORDERLY: Final = {Part.POSTGRES: signal.SIGINT, Part.MAIL: signal.SIGTERM, Part.PROCESSOR: signal.SIGTERM}


class Server:
    """One part of a stack. The keeper started it first; who starts it again is this process, on the same ports."""

    def __init__(self, stack: Stack, part: Part) -> None:
        self._stack = stack
        self._part = part
        self._popen: subprocess.Popen[bytes] | None = None
        self._pid = int((stack.run_directory / "pids" / part.value).read_text())
        status = Path(f"/proc/{self._pid}").stat()
        self._user, self._group = status.st_uid, status.st_gid
        words = Path(f"/proc/{self._pid}/cmdline").read_text().split("\0")[:-1]
        self._command = [*words, *self._ports()]

    def _ports(self) -> list[str]:
        """Those that the services were told: at its first start it drew them."""
        match self._part:
            case Part.PROCESSOR:
                return ["--port", str(urlsplit(self._stack.processor_url).port)]
            case Part.MAIL:
                http = urlsplit(self._stack.mail_api_url).port
                return ["--smtp-port", str(self._stack.smtp_port), "--http-port", str(http)]
            case _:
                return []

    async def end(self, how: signal.Signals | None = None) -> None:
        """SIGKILL, or in good order where nothing else is said; returns when the process is gone."""
        os.kill(self._pid, how or ORDERLY[self._part])
        await wait_until(self._is_gone, f"{self._part} does not end", seconds=END_SECONDS_MAX)

    def _is_gone(self) -> bool:
        if self._popen is not None:
            return self._popen.poll() is not None
        return not command_line(self._pid)

    async def start(self) -> None:
        """Returns when it answers. A killed PostgreSQL may refuse to start until its last backend is gone."""

        async def answers() -> bool:
            if self._popen is None or self._popen.poll() is not None:
                self._popen = self._spawned()
                self._pid = self._popen.pid
            return await self._answers()

        self._popen = None
        await wait_for(answers, f"{self._part} does not come back")

    def _spawned(self) -> subprocess.Popen[bytes]:
        log = self._stack.run_directory / "logs" / f"{self._part.value}.log"
        with log.open("ab") as output:
            return subprocess.Popen(  # the command is the keeper's own
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                preexec_fn=functools.partial(end_with_parent, os.getpid(), signal.SIGQUIT),
                user=self._user,
                group=self._group,
                extra_groups=[],
            )

    async def _answers(self) -> bool:
        if self._part is Part.POSTGRES:
            try:
                connection = await asyncpg.connect(self._stack.postgres_dsn, timeout=5.0)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False
            await connection.close()
            return True
        url = self._stack.mail_api_url if self._part is Part.MAIL else self._stack.processor_url
        try:
            async with httpx2.AsyncClient(timeout=5.0) as client:
                await client.get(url)
        except httpx2.HTTPError:
            return False
        return True

    async def gone_for_good(self) -> None:
        """End what this process started; the keeper ends its own."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(signal.SIGQUIT)
            await wait_until(self._is_gone, f"{self._part} does not end", seconds=END_SECONDS_MAX)
