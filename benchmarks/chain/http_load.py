"""Drives a suite over HTTP from a process beside it, and waits until every effect is there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from saldo_contracts.permissions import Permission
from saldo_local.addresses import Part

from benchmarks.chain.effects import require_payments
from benchmarks.chain.mails import accepted_at
from benchmarks.chain.running import POLL_SECONDS, Running
from benchmarks.cpu import CpuMeter
from benchmarks.void import require
from benchmarks.waiting import wait_until
from benchmarks.world import PAYMENT_MINOR_UNITS, SELLER, spread

CALLERS = 64
CARD = "pm_card_visa"  # the simulator's word for a card that pays
SECONDS_MAX = 240.0


@dataclass(frozen=True, slots=True)
class Paying:
    """From the first request to the last effect; when each payment's request began; CPU seconds by process."""

    seconds: float
    begun: Mapping[str, float]
    cpu: Mapping[str, float]


async def pay(suite: Running, payments: int, *, callers: int = 0, per_second: float = 0.0) -> Paying:
    """By so many callers, or at this pace. Raises Void where an effect is missing or one too many."""
    before = await suite.databases.counts()
    mails_before = _mails(suite)
    order, answers = suite.suite.folder / "http-order.json", suite.suite.folder / "http-answers.json"
    order.write_text(json.dumps(_order(suite, payments, callers=callers, per_second=per_second)))
    meter = CpuMeter(suite.pids())
    meter.start()
    began = asyncio.get_running_loop().time()
    client = suite.ground.spawn("callers", "benchmarks.chain.http_callers", str(order), str(answers))
    code = await asyncio.wait_for(asyncio.to_thread(client.popen.wait), SECONDS_MAX)
    require(code == 0, f"the callers ended with {code}:\n{client.last_words()}")
    wanted = {
        "notifications.receipts_sent": before["notifications.receipts_sent"] + payments,
        "payments.succeeded": before["payments.succeeded"] + payments,
    }
    ended = await wait_until(
        lambda: suite.databases.settled(wanted), "all is settled", seconds_max=SECONDS_MAX, poll_seconds=POLL_SECONDS
    )
    cpu = meter.used()
    require_payments(before, await suite.databases.counts(), payments, PAYMENT_MINOR_UNITS)
    await suite.databases.require_sound()
    mails = _mails(suite) - mails_before
    require(mails == payments, f"the mail server took {mails} mails instead of {payments}")
    return Paying(ended - began, json.loads(answers.read_text()), cpu)


def _order(suite: Running, payments: int, *, callers: int, per_second: float) -> dict[str, object]:
    permissions = [Permission.PAYMENT_METHODS_MANAGE, Permission.PAYMENT_METHODS_VIEW]
    return {
        "address": suite.suite.api("payments"),
        "token": suite.suite.token("bench", permissions=permissions, sellers=[SELLER]),
        "card": CARD,
        "accounts": spread(suite.account_ids, payments),
        "callers": callers,
        "per_second": per_second,
    }


def _mails(suite: Running) -> int:
    return sum(len(times) for times in accepted_at(mail_store(suite)).values())


def mail_store(suite: Running) -> Path:
    """Where the mail sink keeps what it took."""
    return suite.ground.stack.run_directory / Part.MAIL / "mails.sqlite"
