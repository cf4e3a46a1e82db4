"""`chain_real`: payments a second with HTTP in, the processor simulator and the mail sink as processes beside us."""

from __future__ import annotations

from benchmarks.chain.http_load import CALLERS, Paying, pay
from benchmarks.chain.running import Running, running
from benchmarks.figure import Figure, median_notes
from benchmarks.measures import textbook_chain
from benchmarks.measures.chain_alone import cpu_notes
from benchmarks.progress import Told

UNIT = "payments/s"
RUNS = 3
PAYMENTS, PAYMENTS_WARM_UP = 2_400, 300


async def measure(told: Told) -> Figure:
    """Median of three runs on one suite, after a warm-up; the textbook chain after it."""
    values, notes = [], []
    async with running(told, alone=False) as suite:
        await pay(suite, PAYMENTS_WARM_UP, callers=CALLERS)
        for number in range(1, RUNS + 1):
            paying = await pay(suite, PAYMENTS, callers=CALLERS)
            values.append(PAYMENTS / paying.seconds)
            notes.append(_notes(suite, paying))
            told(f"chain_real {number}/{RUNS}: {values[-1]:,.0f} {UNIT}, {notes[-1]['cpu, ms a payment']:.2f} ms CPU")
    textbook = await textbook_chain.measure(told)
    return Figure.of(values, UNIT, beside={"textbook chain": textbook}, notes=median_notes(notes))


def _notes(suite: Running, paying: Paying) -> dict[str, float]:
    """CPU of ours and of the others, apart."""
    notes = cpu_notes(paying.cpu, PAYMENTS)
    ours = sum(paying.cpu[name] for name in suite.suite.pids()) / PAYMENTS * 1e3
    return {"cpu of our processes, ms a payment": ours, **notes}
