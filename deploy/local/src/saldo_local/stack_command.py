"""`python -m saldo_local stack`: the whole stack for a person at a terminal."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict

from saldo_local.addresses import ALL_PARTS, Part
from saldo_local.stack import Stack, StackFailed


def run(parts: Sequence[str] | None, *, as_json: bool) -> int:
    """Until SIGINT or SIGTERM."""
    stack = Stack(ALL_PARTS if not parts else {Part(part) for part in parts})
    try:
        stack.start()
    except StackFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    ending = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)  # taken by sigwait below; a Ctrl-C before this line ends start()
    if as_json:
        print(stack.addresses.as_json(), flush=True)
    else:
        _show(stack)
    signal.sigwait(ending)
    stack.stop()
    return 0


def _show(stack: Stack) -> None:
    for name, value in asdict(stack.addresses).items():
        if value:
            print(f"{name:26} {value}")
    print("Everything lives in memory or in the run directory; Ctrl-C ends it and leaves nothing behind.", flush=True)
