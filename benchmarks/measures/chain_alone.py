"""`chain_alone`: payments a second from 64 callers to settled mails, four services, nobody outside asked."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Mapping, Sequence

from benchmarks.chain.callers import ANSWER_FILE, ORDER_FILE
from benchmarks.chain.effects import require_payments
from benchmarks.chain.running import POLL_SECONDS, Running, running
from benchmarks.cpu import CpuMeter
from benchmarks.figure import Figure, median_notes
from benchmarks.measures import textbook_chain
from benchmarks.progress import Told
from benchmarks.void import require
from benchmarks.waiting import wait_until
from benchmarks.world import PAYMENT_MINOR_UNITS, SHARE_MAX, spread

UNIT = "payments/s"
RUNS = 3
PAYMENTS, PAYMENTS_WARM_UP = 9_000, 1_000
SECONDS_MAX = 240.0


async def measure(told: Told) -> Figure:
    """Median of three runs on one suite, after a warm-up; the textbook chain after it."""
    values, notes = [], []
    async with running(told, alone=True) as suite:
        await _run(suite, PAYMENTS_WARM_UP)
        for number in range(1, RUNS + 1):
            seconds, cpu = await _run(suite, PAYMENTS)
            values.append(PAYMENTS / seconds)
            notes.append(cpu_notes(cpu, PAYMENTS))
            told(f"chain_alone {number}/{RUNS}: {values[-1]:,.0f} {UNIT}, {notes[-1]['cpu, ms a payment']:.2f} ms CPU")
        mails = (await suite.databases.counts())["notifications.sent"]
    wanted = {"mails": mails, "distinct": mails}
    require(suite.tally == wanted, f"the mailer took {suite.tally} instead of {mails} mails, each once")
    textbook = await textbook_chain.measure(told)
    return Figure.of(values, UNIT, beside={"textbook chain": textbook}, notes=median_notes(notes))


def cpu_notes(cpu: Mapping[str, float], payments: int) -> dict[str, float]:
    """Milliseconds a payment, of all processes and of each."""
    each = {f"cpu of {name}, ms a payment": seconds / payments * 1e3 for name, seconds in cpu.items()}
    return {"cpu, ms a payment": sum(each.values()), **each}


async def _run(suite: Running, payments: int) -> tuple[float, dict[str, float]]:
    before = await suite.databases.counts()
    accounts = spread(suite.account_ids, payments)
    _require_no_hot_account(accounts)
    folder = suite.suite.folder
    (folder / ANSWER_FILE).unlink(missing_ok=True)
    (folder / ORDER_FILE).write_text(json.dumps(accounts))
    wanted = {
        "notifications.receipts_sent": before["notifications.receipts_sent"] + payments,
        "payments.succeeded": before["payments.succeeded"] + payments,
    }
    meter = CpuMeter(suite.pids())
    meter.start()
    began = asyncio.get_running_loop().time()
    os.kill(suite.suite.pids()["payments-worker"], signal.SIGUSR1)
    await wait_until(
        lambda: asyncio.to_thread((folder / ANSWER_FILE).exists),
        "the callers have their answers",
        seconds_max=SECONDS_MAX,
    )
    ended = await wait_until(
        lambda: suite.databases.settled(wanted), "all is settled", seconds_max=SECONDS_MAX, poll_seconds=POLL_SECONDS
    )
    cpu = meter.used()
    require_payments(before, await suite.databases.counts(), payments, PAYMENT_MINOR_UNITS)
    await suite.databases.require_sound()
    return ended - began, cpu


def _require_no_hot_account(accounts: Sequence[str]) -> None:
    most = max(Counter(accounts).values())
    require(most <= max(2, SHARE_MAX * len(accounts)), f"one account has {most} of {len(accounts)} payments")
