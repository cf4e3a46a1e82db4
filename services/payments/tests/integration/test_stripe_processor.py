"""The Stripe adapter over real HTTP against the simulator: the promise, and what is Stripe's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from saldo_local.stack import Stack
from saldo_payments.adapters.machine_clock import SystemMachineTime
from saldo_payments.adapters.stripe_connection import StripeClients
from saldo_payments.adapters.stripe_processor import KEY_REPLAYED_WITHIN, StripeProcessor
from saldo_payments.domain.charge_outcome import Answer

from services.payments.tests.processor_promise import CardProcessorPromise, a_charge
from services.payments.tests.simulator import Simulator

TIMEOUT_SECONDS = 1.0


class StripeRig:
    def __init__(self, processor: StripeProcessor, simulator: Simulator) -> None:
        self.processor = processor
        self.simulator = simulator

    @asynccontextmanager
    async def silent(self, *, before_charging: bool) -> AsyncIterator[None]:
        await self.simulator.fails("silent" if before_charging else "silent_after_charging")
        yield
        await self.simulator.heal()

    async def captured(self, attempt_id: str) -> int:
        return sum(intent["amount_received"] for intent in await self.simulator.intents_of(attempt_id))

    async def authenticate(self, attempt_id: str, url: str, *, approve: bool) -> None:
        await self.simulator.authenticate(url, approve=approve)


@pytest.fixture
async def rig(processor: Stack) -> AsyncIterator[StripeRig]:
    clients = StripeClients(
        processor.processor_api_key,
        keys_of_sellers={},
        base_address=processor.processor_url,
        timeout_seconds=TIMEOUT_SECONDS,
    )
    async with Simulator(processor) as simulator:
        yield StripeRig(
            StripeProcessor(clients, SystemMachineTime(), return_url="http://localhost/payments/return"), simulator
        )
    await clients.close()


class TestStripeProcessor(CardProcessorPromise):
    pass


@pytest.mark.parametrize("fault", ["error_500", "error_429", "no_answer_before_charging", "no_answer_after_charging"])
async def test_whatever_breaks_on_the_way_leaves_a_doubt_that_one_question_ends(rig: StripeRig, fault: str) -> None:
    charge = a_charge()
    await rig.simulator.fails(fault, path="/v1/payment_intents", metadata={"attempt_id": charge.attempt_id})
    assert (await rig.processor.charge(charge)).answer is Answer.UNKNOWN
    assert (await rig.processor.look_up(charge)).answer is Answer.SUCCEEDED
    assert await rig.captured(charge.attempt_id) == 4550


async def test_finding_nothing_proves_nothing_and_the_same_key_is_sent_again(rig: StripeRig) -> None:
    charge = a_charge()
    async with rig.silent(before_charging=False):
        assert (await rig.processor.charge(charge)).answer is Answer.UNKNOWN
    await rig.simulator.fails("search_finds_nothing")
    assert (await rig.processor.look_up(charge)).answer is Answer.SUCCEEDED
    assert await rig.captured(charge.attempt_id) == 4550
    assert len(await rig.simulator.intents_of(charge.attempt_id)) == 1


async def test_a_key_that_stripe_may_have_forgotten_is_never_sent_again(rig: StripeRig) -> None:
    charge = a_charge()
    old = replace(charge, first_asked_at=charge.first_asked_at - KEY_REPLAYED_WITHIN - timedelta(seconds=1))
    assert (await rig.processor.look_up(old)).answer is Answer.UNKNOWN
    assert await rig.simulator.intents_of(charge.attempt_id) == []


async def test_a_token_that_names_no_card_is_declined_and_not_doubted(rig: StripeRig) -> None:
    outcome = await rig.processor.charge(a_charge("pm_no_such_card"))
    assert (outcome.answer, outcome.reason and outcome.reason.value) == (Answer.DECLINED, "method_not_usable")


async def test_a_wrong_key_of_ours_leaves_a_doubt_and_blames_no_card(processor: Stack) -> None:
    clients = StripeClients(
        "sk_test_wrong", keys_of_sellers={}, base_address=processor.processor_url, timeout_seconds=TIMEOUT_SECONDS
    )
    stranger = StripeProcessor(clients, SystemMachineTime(), return_url="http://localhost/payments/return")
    assert (await stranger.charge(a_charge())).answer is Answer.UNKNOWN
    await clients.close()
