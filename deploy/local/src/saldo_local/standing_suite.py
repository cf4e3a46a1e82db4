"""`make up` and `make down`: the suite left running, its addresses on the screen, its end a command."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict

from saldo_local.run_directory import command_line
from saldo_local.stack import StackFailed
from saldo_local.suite import Shape, Suite

STATE = Path(".run") / "suite.json"
LOG = Path(".run") / "suite.log"
UP_SECONDS_MAX = 180.0
DOWN_SECONDS_MAX = 60.0
POLL_SECONDS = 0.1


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
    if state is None:
        print(f"the suite did not come up:\n{LOG.read_text()}", file=sys.stderr)
        return 1
    for name, value in state["addresses"].items():
        print(f"{name:24} {value}")
    print(
        "A token for these: .venv/bin/python -m saldo_local token YOU --kind agent --seller borealis --permission ..."
    )
    print("`make down` stops it.")
    return 0


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
    STATE.unlink(missing_ok=True)
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
        STATE.write_text(json.dumps({"pid": os.getpid(), "addresses": addresses(suite)}))
        await stop.wait()


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
        found["traces"] = suite.receiver.url
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
    return None
