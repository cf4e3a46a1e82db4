"""CPU time by process, from /proc, so these figures are taken on Linux only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.void import require

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Positions in /proc/<pid>/stat after the command's closing bracket (proc(5)): parent, and the four times in ticks.
PARENT, TIMES = 1, slice(11, 15)


def _stat(pid: int) -> list[str]:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _descendants(pid: int) -> list[int]:
    parents = {
        int(entry.name): int(stat[PARENT])
        for entry in PROC.iterdir()
        if entry.name.isdigit() and (stat := _stat(int(entry.name)))
    }
    found, frontier = [pid], {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        found.extend(frontier)
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, of what lives below it and of what it has buried."""
    ticks = sum(int(value) for one in _descendants(pid) if (stat := _stat(one)) for value in stat[TIMES])
    return ticks / TICKS_PER_SECOND


@dataclass(slots=True)
class CpuMeter:
    """What named processes use between `start` and `used`."""

    pids: Mapping[str, int]
    _began: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """From here."""
        require(PROC.joinpath("self/stat").exists(), "CPU by process is read from /proc, which is not here")
        self._began = {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def used(self) -> dict[str, float]:
        """Seconds by name."""
        return {name: max(0.0, cpu_seconds(pid) - self._began[name]) for name, pid in self.pids.items()}
