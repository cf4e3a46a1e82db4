"""`python -m saldo_local invariants`: the sentences held against the suite that `make up` left standing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from saldo_local.conductor import NotQuiet
from saldo_local.invariants.evidence import gather
from saldo_local.invariants.place import Place, environment_of, processes_of, run_directory_of
from saldo_local.invariants.statements import Statement, hold
from saldo_local.standing_suite import STATE
from saldo_local.suite import SERVICES

INBOX_SECONDS_MAX = 300.0  # four interpreters start and read every topic
FAULTS_SHOWN_MAX = 20  # of one sentence; the rest is counted
SENTENCE_WIDTH = 64


def run() -> int:
    """0: all hold. 1: something is broken, or the suite does not come to rest. 2: nothing stands here."""
    if not STATE.exists():
        print("nothing is up; `make up` starts the suite", file=sys.stderr)
        return 2
    try:
        statements = asyncio.run(_statements())
    except NotQuiet as busy:
        print(f"the suite does not come to rest: {busy}", file=sys.stderr)
        return 1
    for statement in statements:
        print(f"{statement.sentence:{SENTENCE_WIDTH}} {_verdict(statement)}")
        for fault in statement.faults[:FAULTS_SHOWN_MAX]:
            print(f"    {fault}")
        if len(statement.faults) > FAULTS_SHOWN_MAX:
            print(f"    and {len(statement.faults) - FAULTS_SHOWN_MAX} more")
    return 1 if any(statement.faults for statement in statements) else 0


def _verdict(statement: Statement) -> str:
    return f"BROKEN {len(statement.faults)} times" if statement.faults else "holds"


async def _statements() -> Sequence[Statement]:
    state = STATE.read_text()
    files = {service: STATE.parent / f"{service}.env" for service in SERVICES}
    place = Place.of_standing(processes_of(state), run_directory_of(state), files)
    conductor = place.conductor()
    try:
        reports = await conductor.settle()
    finally:
        await conductor.close()
    evidence = await gather(place, reports)
    faults = [fault for found in await asyncio.gather(*map(_inbox, files.items())) for fault in found]
    return [*hold(evidence), Statement("everybody applied what it hears, once and in order", faults)]


async def _inbox(item: tuple[str, Path]) -> Sequence[str]:
    """What the service itself says of its inbox: it alone knows what it hears."""
    service, settings = item
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"saldo_{service}", "inbox", "check"),
        env={**os.environ, **environment_of(settings)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said, complaint = await asyncio.wait_for(process.communicate(), INBOX_SECONDS_MAX)
    except TimeoutError:
        process.kill()
        await process.wait()
        return [f"{service} did not check its inbox in {INBOX_SECONDS_MAX:.0f} seconds"]
    if process.returncode == 0:
        return []
    lines = said.decode().splitlines()
    return lines or [f"{service} could not check its inbox: {complaint.decode()[-500:]}"]
