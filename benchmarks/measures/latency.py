"""`chain_p99_ms_at_50`: from the request to the mail that the mail server accepted, at 50 payments a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.chain.http_load import Paying, mail_store, pay
from benchmarks.chain.mails import mailed_at
from benchmarks.chain.running import Running, running
from benchmarks.figure import Figure, median_notes
from benchmarks.progress import Told
from benchmarks.void import require

UNIT = "ms"
RUNS = 3
PER_SECOND = 50
SECONDS, SECONDS_WARM_UP = 20, 4


async def measure(told: Told) -> Figure:
    """Median of the three runs' 99th percentiles."""
    values, notes = [], []
    async with running(told, alone=False) as suite:
        await pay(suite, PER_SECOND * SECONDS_WARM_UP, per_second=PER_SECOND)
        for number in range(1, RUNS + 1):
            paying = await pay(suite, PER_SECOND * SECONDS, per_second=PER_SECOND)
            milliseconds = await _milliseconds(suite, paying)
            values.append(percentile(milliseconds, 0.99))
            notes.append({"p50, ms": percentile(milliseconds, 0.5), **_cpu(suite, paying)})
            told(f"chain_p99_ms_at_50 {number}/{RUNS}: {values[-1]:.0f} ms (p50 {notes[-1]['p50, ms']:.0f})")
    return Figure.of(values, UNIT, notes=median_notes(notes))


async def _milliseconds(suite: Running, paying: Paying) -> list[float]:
    """One for each payment, the slowest last."""
    mailed = await mailed_at(mail_store(suite), suite.databases.connections["notifications"])
    wrong = [payment_id for payment_id in paying.begun if len(mailed.get(payment_id, [])) != 1]
    require(not wrong, f"{len(wrong)} payments have not one mail each")
    return sorted((mailed[payment_id][0] - began) * 1e3 for payment_id, began in paying.begun.items())


def _cpu(suite: Running, paying: Paying) -> Mapping[str, float]:
    """Cores in use at this pace: ours, the servers', and each."""
    each = {f"cpu of {name} at 50/s, cores": seconds / paying.seconds for name, seconds in paying.cpu.items()}
    ours = sum(paying.cpu[name] for name in suite.suite.pids()) / paying.seconds
    return {"cpu of our processes at 50/s, cores": ours, "cpu at 50/s, cores": sum(each.values()), **each}


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank of ascending values."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
