"""The one trace that a killed PostgreSQL leaves outside its data directory: a small System V memory segment."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

IPC_RMID = 0


def release_shared_memory(data: Path) -> None:
    """Removes the segment of a killed server, only if that server made it and nobody uses it any more."""
    lines = postmaster_lines(data)
    if sys.platform != "linux" or len(lines) < 7 or len(lines[6].split()) != 2:
        return
    postmaster, segment = lines[0].strip(), lines[6].split()[1]
    for row in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        _, identifier, _, _, maker, _, attached, *_ = row.split()
        if (identifier, maker, attached) == (segment, postmaster, "0"):
            ctypes.CDLL(None).shmctl(int(segment), IPC_RMID, None)


def postmaster_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []
