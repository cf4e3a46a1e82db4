"""`python -m benchmarks [NAME ...]`: take these figures, or all; print one table and write `results/latest.json`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from saldo_local.stack import Stack, StackFailed

from benchmarks import machine
from benchmarks.figure import RESULTS, Figure, merge
from benchmarks.measures import chain_alone, chain_real, idle, latency, listener, relay, renewal_run
from benchmarks.progress import Told, table, telling
from benchmarks.void import Void

MEASURES: Mapping[str, Callable[[Told], Awaitable[Figure]]] = {
    "relay": relay.measure,
    "listener": listener.measure,
    "chain_alone": chain_alone.measure,
    "chain_real": chain_real.measure,
    "chain_p99_ms_at_50": latency.measure,
    "renewal_run": renewal_run.measure,
    "idle": idle.measure,
}


async def run(chosen: Sequence[str]) -> int:
    """0 when every figure counts, 1 when one is void; the others are kept."""
    told = telling()
    if warning := machine.busy():
        told(warning)
    async with Stack() as stack:
        described = await machine.describe(stack)
    figures: dict[str, Figure] = {}
    void: list[str] = []
    for name in chosen:
        told(f"{name} ...")
        try:
            figures[name] = await MEASURES[name](told)
            merge({name: figures[name]}, described)
        except (Void, StackFailed) as why:
            void.append(f"{name}: {why}")
            told(f"{name} is void: {why}")
    print(table(figures, described))
    if warning:
        print(f"\n{warning}")
    print(f"\nwritten to {RESULTS.relative_to(RESULTS.parent.parent.parent)}")
    for line in void:
        print(f"VOID  {line}", file=sys.stderr)
    return 1 if void else 0


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; none: all")
    chosen = parser.parse_args().only or list(MEASURES)
    if unknown := [name for name in chosen if name not in MEASURES]:
        parser.error(f"there is no figure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    sys.exit(asyncio.run(run(chosen)))


if __name__ == "__main__":
    main()
