"""`make up` and `make down`: the suite left running, its addresses on the screen, its end a command."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from saldo_local.run_directory import command_line
from saldo_local.stack import StackFailed
from saldo_local.suite import Shape, Suite

STATE = Path(".run") / "suite.json"
LOG = Path(".run") / "suite.log"
UP_SECONDS_MAX = 600.0  # eight interpreters start on two cores that may be busy with other things
DOWN_SECONDS_MAX = 60.0
POLL_SECONDS = 0.1
GREETING = """
To try it, paste this: an agent's token for an hour, and an account opened with it.

    TOKEN=$(.venv/bin/python -m saldo_local token you --kind agent --seller aurora --ttl-seconds 3600 \\
      --run-directory {run} \\
      --permission billing_information:view --permission billing_information:manage \\
      --permission payment_methods:view --permission payment_methods:manage \\
      --permission subscriptions:view --permission subscriptions:manage)
    curl -s {invoicing}/v1/accounts -H "Authorization: Bearer $TOKEN" \\
      -H "Content-Type: application/json" -H "Idempotency-Key: my-first-account" -d '{{
        "seller_id": "aurora", "currency": "EUR", "language": "en", "time_zone": "Europe/Berlin",
        "billing_address": {{"line_1": "1 Example Street", "city": "Berlin", "postal_code": "10115", "country": "DE"}},
        "billing_contact": {{"name": "Ada", "email": "ada@example.org", "language": "en"}}}}'

What happened, and a payment's whole way through the services:

    {traces}

docs/first-hour.md goes on from there. A service's own commands need its settings, which stand in .run:

    (set -a; . .run/payments.env; .venv/bin/python -m saldo_payments dead-letters list)

`make down` stops everything."""


def up() -> int:
    """Start in the background and print the addresses; a repeat prints them again."""
    if (state := _running()) is None:
        STATE.parent.mkdir(exist_ok=True)
        STATE.unlink(missing_ok=True)
        with LOG.open("wb") as log:
            holder = subprocess.Popen(
                [sys.executable, "-m", "saldo_local", "hold"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        state = _wait(holder)
    else:
        print("it is up already:", file=sys.stderr)
    if state is None:
        print(f"the suite did not come up; what it said stands above and in {LOG}", file=sys.stderr)
        return 1
    for name, value in state["addresses"].items():
        print(f"{name:24} {value}")
    print(greeting(state["addresses"]))
    return 0


def greeting(addresses: Mapping[str, str]) -> str:
    """What to do next, ready to paste and to click."""
    run = Path(addresses["logs"]).parent
    return GREETING.format(invoicing=addresses["invoicing-api"], traces=addresses["traces"], run=run)


def down() -> int:
    """Stop what `up` started; nothing running is no error."""
    state = _running()
    if state is None:
        print("nothing is up")
        return 0
    os.kill(state["pid"], signal.SIGTERM)
    deadline = time.monotonic() + DOWN_SECONDS_MAX
    while _running() is not None:
        if time.monotonic() > deadline:
            print(f"process {state['pid']} does not end; see {LOG}", file=sys.stderr)
            return 1
        time.sleep(POLL_SECONDS)
    _forget()
    print("stopped")
    return 0


def hold() -> int:
    """The process behind `up`: keeps the suite until it is told to end."""
    try:
        asyncio.run(_hold())
    except StackFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


async def _hold() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for order in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(order, stop.set)
    async with Suite(Shape(), told=lambda line: print(line, flush=True)) as suite:
        write_down(suite)
        try:
            await stop.wait()
        finally:
            _forget()


def write_down(suite: Suite) -> None:
    """For commands in this folder: the addresses, and each service's settings; passwords, so for the owner alone."""
    for service in suite.databases:
        process = next(process for process in suite.processes.values() if process.service == service)
        own = {name: value for name, value in process.environment.items() if name.startswith(f"{service.upper()}_")}
        path = STATE.parent / f"{service}.env"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in own.items()))
    STATE.write_text(json.dumps({"pid": os.getpid(), "addresses": addresses(suite)}))


def _forget() -> None:
    """Only the log stays, for whoever wants to know how it ended."""
    for path in STATE.parent.glob("*.env"):
        path.unlink(missing_ok=True)
    STATE.unlink(missing_ok=True)


def addresses(suite: Suite) -> dict[str, str]:
    """What a person opens or connects to."""
    stack = suite.stack
    found = {f"{process.name}": process.url for process in suite.processes.values()}
    found |= {f"{service} OpenAPI": f"{suite.api(service)}/openapi.json" for service in suite.databases}
    found |= {
        "mails": stack.mail_api_url,
        "card processor": stack.processor_url,
        "token issuer": stack.issuer,
        "Kafka": stack.kafka_bootstrap,
        "logs": str(stack.run_directory / "logs"),
    }
    if suite.receiver:
        found["traces"] = f"{suite.receiver.url}/"
    return found


class State(TypedDict):
    """What the holder wrote down."""

    pid: int
    addresses: dict[str, str]


def _running() -> State | None:
    try:
        state: State = json.loads(STATE.read_text())
    except (OSError, ValueError):
        return None
    return state if "saldo_local" in command_line(state["pid"]) else None


def _wait(holder: subprocess.Popen[bytes]) -> State | None:
    deadline = time.monotonic() + UP_SECONDS_MAX
    said = 0
    while time.monotonic() < deadline and holder.poll() is None:
        lines = LOG.read_text().splitlines()
        for line in lines[said:]:
            print(line, file=sys.stderr)
        said = len(lines)
        if (state := _running()) is not None:
            return state
        time.sleep(POLL_SECONDS)
    if holder.poll() is None:
        holder.terminate()
        print(f"it took longer than {UP_SECONDS_MAX:.0f} seconds and was told to stop", file=sys.stderr)
    for line in LOG.read_text().splitlines()[said:]:
        print(line, file=sys.stderr)
    return None
