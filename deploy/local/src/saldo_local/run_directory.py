"""One directory per running stack: locked while its keeper lives, swept by the next start when the keeper died."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from saldo_local.shared_memory import release_shared_memory

BASE_VARIABLE = "SALDO_RUN_BASE"
BASE_DEFAULT = "/tmp"  # noqa: S108  short, and the database server's own user can walk it; names are drawn, mode is ours
PREFIX = "saldo-"
NEWBORN_PREFIX = ".saldo-new-"
NEWBORN_SECONDS_MAX = 60.0  # between mkdir and lock lie microseconds; an unlocked one this old has lost its maker
KILL_WAIT_SECONDS = 5.0
KILL_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """`lock` is an open file whose lock says "this stack's keeper lives"; the kernel drops it with the process."""

    path: Path
    lock: int

    @property
    def name(self) -> str:
        """Stands on every child's command line, so that a process id can be proved to be ours."""
        return self.path.name

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def note_child(self, name: str, pid: int) -> None:
        (self.path / "pids" / name).write_text(str(pid))

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)


def base_directory() -> Path:
    return Path(os.environ.get(BASE_VARIABLE, BASE_DEFAULT))


def create(base: Path) -> RunDirectory:
    """The directory appears under its final name only when it is locked, so that no sweep takes it for a dead one."""
    newborn = base / f"{NEWBORN_PREFIX}{secrets.token_hex(4)}"
    newborn.mkdir(mode=0o700)
    lock = os.open(newborn / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    for inner in ("logs", "pids"):
        (newborn / inner).mkdir(mode=0o700)
    newborn.chmod(0o711)  # the database server's user passes through to its own directory
    path = base / f"{PREFIX}{secrets.token_hex(4)}"
    newborn.rename(path)
    return RunDirectory(path, lock)


def sweep(base: Path) -> list[str]:
    """Ends what dead keepers left running and removes their directories; returns the names of what it swept."""
    stacks = [path for path in sorted(base.glob(f"{PREFIX}*")) if (path / "pids").is_dir()]
    swept = [path.name for path in stacks if _sweep_one(path)]
    for path in base.glob(f"{NEWBORN_PREFIX}*"):
        if _age_seconds(path) > NEWBORN_SECONDS_MAX:
            shutil.rmtree(path, ignore_errors=True)
    return swept


def running(base: Path) -> list[Path]:
    """Directories of stacks whose keeper lives."""
    return [path for path in sorted(base.glob(f"{PREFIX}*")) if (path / "pids").is_dir() and not _lockable(path)]


def _sweep_one(path: Path) -> bool:
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False  # another sweep is at it, or it belongs to another user
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    for note in (path / "pids").iterdir():
        _end_if_ours(note, path.name)
    release_shared_memory(path / "pg" / "data")
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)
    return True


def _end_if_ours(note: Path, stack_name: str) -> None:
    """A process id is reused by the system; only a command line that names this stack proves it is the old child."""
    pid = int(note.read_text())
    kind = signal.SIGQUIT if note.name == "postgres" else signal.SIGTERM  # SIGQUIT takes the backends along
    for patience in (kind, signal.SIGKILL):
        if stack_name not in command_line(pid):
            return
        os.kill(pid, patience)
        deadline = time.monotonic() + KILL_WAIT_SECONDS
        while stack_name in command_line(pid) and time.monotonic() < deadline:
            time.sleep(KILL_POLL_SECONDS)


def command_line(pid: int) -> str:
    """Empty for a process that is gone or only waits to be buried."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
        except OSError:
            return ""
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(ps, check=False, capture_output=True, text=True).stdout  # noqa: S603  fixed words and a number


def _lockable(path: Path) -> bool:
    try:
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
