"""What the one who waits is told meanwhile, and the one table at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from benchmarks.figure import Figure

Told: TypeAlias = Callable[[str], None]
NAME_WIDTH, VALUE_WIDTH = 24, 14


def telling() -> Told:
    """A line for each step, with the time since the start."""
    began = time.monotonic()

    def tell(line: str) -> None:
        seconds = int(time.monotonic() - began)
        print(f"[{seconds // 60:2d}:{seconds % 60:02d}] {line}", file=sys.stderr, flush=True)

    return tell


def table(figures: Mapping[str, Figure], machine: Mapping[str, str]) -> str:
    """Everything on one page."""
    lines = [f"{name + ':':14s}{value}" for name, value in machine.items()]
    lines += ["", f"{'figure':{NAME_WIDTH}s}{'value':>{VALUE_WIDTH}s}  {'unit':14s}{'ratio':>8s}  beside"]
    for name, figure in figures.items():
        beside = "; ".join(f"{title} {value:,.0f}" for title, value in figure.yardstick.items())
        ratio = f"{figure.ratio:.1f}x" if figure.ratio is not None else ""
        lines.append(f"{name:{NAME_WIDTH}s}{figure.value:>{VALUE_WIDTH},.1f}  {figure.unit:14s}{ratio:>8s}  {beside}")
        lines += [f"    {note}: {value}" for note, value in figure.notes.items()]
    return "\n".join(lines)
