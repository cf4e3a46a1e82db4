"""`make demo`: starts the suite, lets the witnesses tell the story, proves the ending; exits 0 when all is right."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from saldo_local.conductor import NotQuiet
from saldo_local.demo.customers import CallRefused, Doors
from saldo_local.demo.ending import Ending
from saldo_local.demo.story import STARTS_AT, Story
from saldo_local.demo.witnesses import SUBSCRIBER, Witnesses
from saldo_local.stack import StackFailed
from saldo_local.suite import Shape, Suite


def run() -> int:
    """Exit code 0 when every fact of both stories was told exactly as often as it must be, and all invariants hold."""
    root = Path.cwd()
    if not (root / SUBSCRIBER).exists():
        print(f"run this in the repository: there is no {SUBSCRIBER} here", file=sys.stderr)
        return 2
    try:
        return asyncio.run(_run(root))
    except (StackFailed, CallRefused, NotQuiet) as failure:
        print(f"the demo failed: {failure}", file=sys.stderr)
        return 1


async def _run(root: Path) -> int:
    began = time.monotonic()

    def told(line: str) -> None:
        print(f"[{time.monotonic() - began:5.1f} s] {line}", file=sys.stderr, flush=True)

    async with Suite(Shape(clock_starts_at=STARTS_AT), told=told) as suite:
        told("the suite stands; what follows was read from the public topics and the mail sink")
        witnesses = Witnesses(root, kafka=suite.stack.kafka_bootstrap, mail_api=suite.stack.mail_api_url)
        await witnesses.start()
        try:
            doors = Doors(suite)
            story = Story(suite, doors, witnesses)
            await story.tell()
            faults = await Ending(suite, story, doors, witnesses).show()
        finally:
            await witnesses.stop()
        for fault in faults:
            print(f"WRONG: {fault}", file=sys.stderr)
        told("stopping")
    told(f"done: {'all is as it must be' if not faults else f'{len(faults)} faults'}")
    return 1 if faults else 0
