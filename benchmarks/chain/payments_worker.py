"""payments as deployed, but for a processor that answers at once in the same process, and with callers at its door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import saldo_messaging
from saldo_messaging import ClaimLoop, Runtime, Service
from saldo_payments.application.ports import CardCheckRequest, ChargeRequest
from saldo_payments.bootstrap import build
from saldo_payments.domain.card_check import CardCheckOutcome
from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome
from saldo_payments.settings import Settings

from benchmarks.chain.callers import Callers
from benchmarks.chain.suite import bench_folder


class InstantProcessor:
    """A `CardProcessor` that says yes before anybody could wait."""

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        return ChargeOutcome(
            answer=Answer.SUCCEEDED, reference=f"pi_{request.attempt_id}", brand="visa", last_four="4242"
        )

    look_up = call_off = charge

    async def keep_card(self, request: CardCheckRequest) -> CardCheckOutcome:
        raise NotImplementedError("no card is kept in this measurement")


def build_measured() -> Service:
    """The service of this process's environment."""
    service = build(Settings(), processor=InstantProcessor())  # type: ignore[call-arg]  # the environment gives them

    def loops(runtime: Runtime) -> Sequence[ClaimLoop]:
        Callers(runtime, bench_folder()).wait_for_order()
        return service.loops(runtime)

    return replace(service, loops=loops)


if __name__ == "__main__":
    saldo_messaging.main(build_measured)
