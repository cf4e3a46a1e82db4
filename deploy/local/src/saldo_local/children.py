"""A child process of the stack: started so that it ends with its parent, waited for, stopped, its last words quoted."""

from __future__ import annotations

import ctypes
import functools
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from saldo_local.run_directory import RunDirectory

PR_SET_PDEATHSIG = 1
STOP_SECONDS_MAX = 8.0  # a fast shutdown of PostgreSQL writes a checkpoint; everything else ends within a second
POLL_SECONDS = 0.01
LOG_LINES_QUOTED = 12


class ChildFailed(Exception):
    """A child ended, or stayed mute, before it was ready. The text is for people and quotes the log."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `is_ready` is asked again and again; `stop_signal` asks for an orderly end, `orphan_signal` arrives
    when the parent dies."""

    name: str
    title: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    user: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Child:
    plan: Plan
    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_QUOTED:]
        return "\n".join(f"    {line}" for line in lines) or "    (its log is empty)"

    def says(self, text: str) -> bool:
        """Whether its log holds the text."""
        return text in self.log.read_text(errors="replace")


def start(plan: Plan, directory: RunDirectory) -> Child:
    log = directory.logs / f"{plan.name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  the command is ours
            list(plan.command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, **plan.environment},
            preexec_fn=functools.partial(end_with_parent, os.getpid(), plan.orphan_signal),
            user=plan.user,
            group=None if plan.user is None else pwd.getpwnam(plan.user).pw_gid,
            extra_groups=None if plan.user is None else [],
        )
    directory.note_child(plan.name, process.pid)
    return Child(plan, process, log)


def wait_until_ready(child: Child, *, deadline: float) -> None:
    """`deadline` is on the monotonic clock. Raises ChildFailed with the last lines of the child's log."""
    while not child.plan.is_ready():
        code = child.process.poll()
        if code is not None:
            raise ChildFailed(f"{child.plan.title} ended with {_ending(code)} before it was ready. {_quoted(child)}")
        if time.monotonic() > deadline:
            raise ChildFailed(f"{child.plan.title} was not ready in time. {_quoted(child)}")
        time.sleep(POLL_SECONDS)


def stop_all(children: Sequence[Child]) -> None:
    """Asks all at once, waits for each, kills what does not listen; a repeat does nothing."""
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(child.plan.stop_signal)
    deadline = time.monotonic() + STOP_SECONDS_MAX
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def end(child: Child, kind: signal.Signals, *, seconds: float) -> None:
    """Sends the signal and returns when the child has ended. Raises ChildFailed where it does not."""
    if child.process.poll() is None:
        child.process.send_signal(kind)
    try:
        child.process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise ChildFailed(f"{child.plan.title} did not end in {seconds} s. {_quoted(child)}") from None


def end_with_parent(parent: int, orphan_signal: signal.Signals) -> None:
    """Runs in the child between fork and exec; elsewhere than on Linux the keeper's own orderly end has to do."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


_LIBC = ctypes.CDLL(None)  # loaded before any fork: nothing may be loaded between fork and exec


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"


def _quoted(child: Child) -> str:
    return f"The last lines of its log ({child.log}):\n{child.last_words()}"
