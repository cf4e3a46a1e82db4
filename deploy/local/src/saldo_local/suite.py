"""The whole suite on one machine: the embedded stack, and each service as processes of its own under one test clock."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg
import httpx2

from saldo_local.children import LOG_LINES_QUOTED, end_with_parent
from saldo_local.conductor import Conductor, Door
from saldo_local.databases import ServiceDatabase, provision
from saldo_local.ports import LOOPBACK, free_port
from saldo_local.stack import Stack, StackFailed
from saldo_local.tokens import Kind

SERVICES = ("invoicing", "subscriptions", "payments", "notifications")
SELLERS = ("aurora", "borealis")
READY_SECONDS_MAX = 240.0  # eight interpreters start on two cores that may be busy with other things
PREPARE_SECONDS_MAX = 240.0
STOP_SECONDS_MAX = 40.0  # a worker ends its outside calls first
POLL_SECONDS = 0.05
SANDBOX_PERMISSION = "service:override"

Told = Callable[[str], None]


@dataclass(slots=True)
class Process:
    """One process of a service; `kind` is api, worker or serve."""

    service: str
    kind: str
    port: int
    environment: dict[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.kind}"

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def last_words(self) -> str:
        """The end of its log, for people."""
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_QUOTED:]
        return "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a suite is made of. `split`: api and worker apart, else one `serve` process a service."""

    clock_starts_at: datetime | None = None
    split: bool = True
    traces: bool = True
    suffix: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


class Suite:
    """`async with Suite(Shape(clock_starts_at=...)) as suite:`; everything ends with it, or with this process."""

    def __init__(self, shape: Shape, *, stack: Stack | None = None, told: Told = lambda _: None) -> None:
        self.shape = shape
        self.stack = stack or Stack()
        self._own_stack = stack is None
        self._told = told
        self.databases: dict[str, ServiceDatabase] = {}
        self.processes: dict[str, Process] = {}
        self.receiver: Process | None = None
        self._conductor: Conductor | None = None
        self._fingerprint_key = secrets.token_hex(32)

    # -- life ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Raises StackFailed with a readable text when a part does not come up."""
        self._told("starting PostgreSQL, the Kafka broker, the mail sink and the card processor simulator")
        await asyncio.to_thread(self.stack.start)
        self._told("making a database with its own login role for each service")
        for service in SERVICES:
            self.databases[service] = await provision(self.stack.postgres_dsn, service, suffix=self.shape.suffix)
        if self.shape.traces:
            self._start_receiver()
        self._plan()
        self._told("creating tables and topics")
        await asyncio.gather(*(self._prepare(service) for service in SERVICES))
        await self._set_clocks()
        self._told(f"starting {len(self.processes)} service processes")
        for process in self.processes.values():
            self._spawn(process)
        await asyncio.gather(*(self._ready(process) for process in self.processes.values()))
        await self._register_webhook()

    async def stop(self) -> None:
        """Workers end their outside calls, then everything is gone."""
        if self._conductor:
            await self._conductor.close()
            self._conductor = None
        await _end(list(self.processes.values()))
        await _end([self.receiver] if self.receiver else [])  # last: the services' last spans still come in
        if self._own_stack:
            await asyncio.to_thread(self.stack.stop)

    # -- processes -----------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        kinds = ("api", "worker") if self.shape.split else ("serve",)
        for service in SERVICES:
            ports = {kind: free_port() for kind in kinds}
            for kind in kinds:
                environment = self._environment(service, ports)
                log = self.stack.run_directory / "logs" / f"{service}-{kind}.log"
                self.processes[f"{service}-{kind}"] = Process(service, kind, ports[kind], environment, log)

    def _environment(self, service: str, ports: Mapping[str, int]) -> dict[str, str]:
        prefix = service.upper()
        own = {
            "DATABASE_DSN": self.databases[service].dsn,
            "KAFKA_BOOTSTRAP": self.stack.kafka_bootstrap,
            "KAFKA_PROFILE": self.stack.kafka.profile,
            "KAFKA_REPLICATION_FACTOR": str(self.stack.kafka.replication_factor),
            "CLOCK": "movable",
            "API_PORT": str(ports.get("api", ports.get("serve", 0))),
            "WORKER_PORT": str(ports.get("worker", 0)),
            "TOKEN_ISSUER": self.stack.issuer,
            "TOKEN_JWKS_URL": self.stack.jwks_url,
            **self._outside(service),
        }
        tracing = {"OTEL_TRACES_SAMPLER": "parentbased_always_on", "OTEL_BSP_SCHEDULE_DELAY": "200"}
        if self.receiver:
            tracing |= {"OTEL_EXPORTER_OTLP_ENDPOINT": self.receiver.url, "OTEL_METRICS_EXPORTER": "none"}
        return {f"{prefix}_{name}": value for name, value in own.items()} | tracing | dict(self.shape.environment)

    def _outside(self, service: str) -> dict[str, str]:
        match service:
            case "invoicing":
                return {"ADDRESS_FINGERPRINT_KEY": self._fingerprint_key}
            case "payments":
                return {
                    "STRIPE_API_URL": self.stack.processor_url,
                    "STRIPE_API_KEY": self.stack.processor_api_key,
                    "STRIPE_WEBHOOK_SECRETS": json.dumps([self.stack.processor_webhook_secret]),
                }
            case "notifications":
                return {
                    "SMTP_HOST": self.stack.smtp_host,
                    "SMTP_PORT": str(self.stack.smtp_port),
                    "SMTP_SECURITY": "none",
                }
            case _:
                return {}

    def _start_receiver(self) -> None:
        port = free_port()
        log = self.stack.run_directory / "logs" / "traces.log"
        self.receiver = Process("traces", "receiver", port, {}, log)
        file = self.stack.run_directory / "traces.sqlite"
        command = [sys.executable, "-m", "saldo_telemetry", "receiver", "--port", str(port), "--file", str(file)]
        self.receiver.popen = self._popen(command, self.receiver)

    def _popen(self, command: Sequence[str], process: Process) -> subprocess.Popen[bytes]:
        with process.log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603  the command is ours
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**os.environ, **process.environment},
                preexec_fn=functools.partial(end_with_parent, os.getpid(), signal.SIGTERM),
            )

    def _spawn(self, process: Process, extra: Mapping[str, str] | None = None) -> None:
        process.environment.update(extra or {})
        process.popen = self._popen([sys.executable, "-m", f"saldo_{process.service}", process.kind], process)

    async def _prepare(self, service: str) -> None:
        process = next(p for p in self.processes.values() if p.service == service)
        popen = self._popen([sys.executable, "-m", f"saldo_{service}", "prepare"], process)
        code = await asyncio.to_thread(popen.wait, PREPARE_SECONDS_MAX)
        if code:
            raise StackFailed(f"{service} could not be prepared. Its last words:\n{process.last_words()}")

    async def _set_clocks(self) -> None:
        if self.shape.clock_starts_at is None:
            return
        for database in self.databases.values():
            connection = await asyncpg.connect(database.dsn)
            try:
                await connection.execute(
                    "insert into business_clock (id, now) values (true, $1) on conflict do nothing",
                    self.shape.clock_starts_at,
                )
            finally:
                await connection.close()

    async def _ready(self, process: Process) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        async with httpx2.AsyncClient(timeout=5.0) as client:
            while True:
                code = process.popen.poll() if process.popen else None
                if code is not None:
                    raise StackFailed(f"{process.name} ended with {code}. Its last words:\n{process.last_words()}")
                with contextlib.suppress(httpx2.HTTPError):
                    if (await client.get(f"{process.url}/health/ready")).status_code == httpx2.codes.OK:
                        return
                if time.monotonic() > deadline:
                    raise StackFailed(f"{process.name} is not ready. Its last words:\n{process.last_words()}")
                await asyncio.sleep(POLL_SECONDS)

    async def _register_webhook(self) -> None:
        """Tell the processor where to send its events, as one does on the processor's own page."""
        async with httpx2.AsyncClient(timeout=10.0) as client:
            answer = await client.post(
                f"{self.stack.processor_url}/v1/webhook_endpoints",
                headers={"Authorization": f"Bearer {self.stack.processor_api_key}"},
                data={"url": f"{self.api('payments')}/v1/webhooks/stripe", "enabled_events[0]": "*"},
            )
            answer.raise_for_status()

    # -- for stories and tests -----------------------------------------------------------------------------------

    def api(self, service: str) -> str:
        """Base address of a service's API."""
        kind = "api" if self.shape.split else "serve"
        return self.processes[f"{service}-{kind}"].url

    def token(
        self,
        subject: str,
        *,
        permissions: Sequence[str],
        sellers: Sequence[str] = SELLERS,
        accounts: Sequence[str] | None = None,
        kind: Kind = Kind.AGENT,
    ) -> str:
        """A development token; `accounts` None means all of the sellers'."""
        issuer = self.stack.tokens
        return issuer.issue(
            subject, sellers, account_ids="*" if accounts is None else accounts, permissions=permissions, kind=kind
        )

    @property
    def conductor(self) -> Conductor:
        """Moves business time for all services and the processor together."""
        if self._conductor is None:
            doors = [Door(process.url, sets_clock=process.kind != "worker") for process in self.processes.values()]
            simulator = Door(
                self.stack.processor_url,
                clock_path="/simulator/clock",
                quiescence_path="/simulator/quiescence",
                authorization=f"Bearer {self.stack.processor_api_key}",
            )
            self._conductor = Conductor(
                [*doors, simulator],
                lambda: self.token("conductor", permissions=[SANDBOX_PERMISSION], kind=Kind.SERVICE),
            )
        return self._conductor

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash does it."""
        popen = self.processes[name].popen
        if popen and popen.poll() is None:
            popen.kill()
            popen.wait()

    async def restart(self, name: str, extra: Mapping[str, str] | None = None) -> None:
        """Start a process that has ended, with more environment where given, and wait until it is ready."""
        process = self.processes[name]
        self._spawn(process, extra)
        await self._ready(process)

    @contextlib.asynccontextmanager
    async def client(self, service: str, token: str) -> AsyncIterator[httpx2.AsyncClient]:
        """An HTTP client of a service's API."""
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=self.api(service), headers=headers, timeout=30.0) as client:
            yield client


async def _end(processes: Sequence[Process]) -> None:
    """Ask all at once, wait for each."""
    for process in processes:
        if process.popen and process.popen.poll() is None:
            process.popen.send_signal(signal.SIGTERM)
    await asyncio.gather(*(asyncio.to_thread(_ended, process) for process in processes))


def _ended(process: Process) -> None:
    if process.popen is None:
        return
    try:
        process.popen.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.popen.kill()
        process.popen.wait()
