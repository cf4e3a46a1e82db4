"""`idle`: cores in use by the whole suite when nobody asks anything of it."""

from __future__ import annotations

import asyncio

from benchmarks.chain.running import running
from benchmarks.cpu import CpuMeter
from benchmarks.figure import Figure, median_notes
from benchmarks.progress import Told

UNIT = "cores"
RUNS = 3
SECONDS = 10.0
REST_SECONDS = 3.0  # after the suite was filled


async def measure(told: Told) -> Figure:
    """Median of three windows."""
    values, notes = [], []
    async with running(told, alone=False) as suite:
        await asyncio.sleep(REST_SECONDS)
        for number in range(1, RUNS + 1):
            meter = CpuMeter(suite.pids())
            meter.start()
            await asyncio.sleep(SECONDS)
            each = {f"cpu of {name}, cores": seconds / SECONDS for name, seconds in meter.used().items()}
            values.append(sum(each.values()))
            ours = sum(each[f"cpu of {name}, cores"] for name in suite.suite.pids())
            notes.append({"cpu of our processes, cores": ours, **each})
            told(f"idle {number}/{RUNS}: {values[-1]:.3f} cores")
    return Figure.of(values, UNIT, notes=median_notes(notes))
