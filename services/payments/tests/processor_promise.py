"""The promise of `CardProcessor` as tests: the fake and the real adapter pass the very same ones."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

import pytest
from saldo_money import Money
from saldo_payments.application.ports import CardCheckRequest, CardProcessor, ChargeRequest
from saldo_payments.domain.card_check import CheckAnswer
from saldo_payments.domain.charge_outcome import Answer
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.method_states import MethodRejection


class Rig(Protocol):
    """A processor and the outside of it that the promise is about."""

    processor: CardProcessor

    def silent(self, *, before_charging: bool) -> AbstractAsyncContextManager[None]:
        """No charge is answered meanwhile, and the money moves or not."""

    async def captured(self, attempt_id: str) -> int:
        """Minor units that really moved under this attempt."""

    async def authenticate(self, attempt_id: str, url: str, *, approve: bool) -> None:
        """The payer on the issuer's page."""


def a_charge(card: str = "pm_card_visa", minor_units: int = 4550, *, customer_present: bool = True) -> ChargeRequest:
    return ChargeRequest(
        attempt_id=str(uuid4()),
        payment_id=str(uuid4()),
        account_id=str(uuid4()),
        seller_id="borealis",
        amount=Money(minor_units, "EUR"),
        token=card,
        customer=None,
        customer_present=customer_present,
        strong_authentication=False,
        first_asked_at=datetime.now(UTC),
    )


def a_card(card: str = "pm_card_visa") -> CardCheckRequest:
    return CardCheckRequest(
        payment_method_id=str(uuid4()),
        account_id=str(uuid4()),
        seller_id="borealis",
        token=card,
        customer=None,
        strong_authentication=False,
    )


class CardProcessorPromise:
    """Subclasses give the fixture `rig`."""

    async def test_an_accepted_charge_moves_the_money_once_however_often_it_is_asked(self, rig: Rig) -> None:
        charge = a_charge()
        outcomes = [await rig.processor.charge(charge) for _ in range(3)]
        assert [outcome.answer for outcome in outcomes] == [Answer.SUCCEEDED] * 3
        assert len({outcome.reference for outcome in outcomes}) == 1
        assert (outcomes[0].brand, outcomes[0].last_four) == ("visa", "4242")
        assert await rig.captured(charge.attempt_id) == 4550

    @pytest.mark.parametrize(
        ("card", "reason"),
        [
            ("pm_card_chargeDeclinedInsufficientFunds", DeclineReason.INSUFFICIENT_FUNDS),
            ("pm_card_chargeDeclined", DeclineReason.ISSUER_DECLINED),
            ("pm_card_chargeDeclinedExpiredCard", DeclineReason.CARD_EXPIRED),
            ("pm_card_chargeDeclinedLostCard", DeclineReason.CARD_LOST_OR_STOLEN),
        ],
    )
    async def test_a_refused_card_is_declined_with_our_reason(self, rig: Rig, card: str, reason: DeclineReason) -> None:
        charge = a_charge(card)
        outcome = await rig.processor.charge(charge)
        again = await rig.processor.look_up(replace(charge, reference=outcome.reference))
        assert (outcome.answer, outcome.reason) == (again.answer, again.reason) == (Answer.DECLINED, reason)
        assert await rig.captured(charge.attempt_id) == 0

    async def test_a_charge_that_went_through_unheard_is_found_and_not_made_again(self, rig: Rig) -> None:
        charge = a_charge()
        async with rig.silent(before_charging=False):
            assert (await rig.processor.charge(charge)).answer is Answer.UNKNOWN
        assert (await rig.processor.look_up(charge)).answer is Answer.SUCCEEDED
        assert await rig.captured(charge.attempt_id) == 4550

    async def test_a_charge_that_never_arrived_is_made_once_under_its_own_key(self, rig: Rig) -> None:
        charge = a_charge()
        async with rig.silent(before_charging=True):
            assert (await rig.processor.charge(charge)).answer is Answer.UNKNOWN
            assert await rig.captured(charge.attempt_id) == 0
        assert (await rig.processor.look_up(charge)).answer is Answer.SUCCEEDED
        assert (await rig.processor.look_up(charge)).answer is Answer.SUCCEEDED
        assert await rig.captured(charge.attempt_id) == 4550

    @pytest.mark.parametrize(("approve", "answer"), [(True, Answer.SUCCEEDED), (False, Answer.DECLINED)])
    async def test_a_challenged_charge_waits_for_the_payer(self, rig: Rig, approve: bool, answer: Answer) -> None:
        charge = a_charge("pm_card_authenticationRequired")
        waiting = await rig.processor.charge(charge)
        assert waiting.answer is Answer.AUTHENTICATION_REQUIRED and waiting.next_action_url
        assert await rig.captured(charge.attempt_id) == 0
        await rig.authenticate(charge.attempt_id, waiting.next_action_url, approve=approve)
        known = replace(charge, reference=waiting.reference, token=None)
        assert (await rig.processor.look_up(known)).answer is answer
        assert await rig.captured(charge.attempt_id) == (4550 if approve else 0)

    async def test_without_the_payer_a_challenged_charge_is_declined(self, rig: Rig) -> None:
        outcome = await rig.processor.charge(a_charge("pm_card_authenticationRequired", customer_present=False))
        assert (outcome.answer, outcome.reason) == (Answer.DECLINED, DeclineReason.AUTHENTICATION_REQUIRED)

    async def test_a_charge_whose_payer_stayed_away_can_be_called_off(self, rig: Rig) -> None:
        charge = a_charge("pm_card_authenticationRequired")
        known = replace(charge, reference=(await rig.processor.charge(charge)).reference)
        outcomes = [await rig.processor.call_off(known), await rig.processor.look_up(known)]
        assert [(one.answer, one.reason) for one in outcomes] == [
            (Answer.DECLINED, DeclineReason.ABANDONED_BY_PAYER)
        ] * 2

    async def test_calling_off_a_charge_that_went_through_says_that_it_did(self, rig: Rig) -> None:
        charge = a_charge("pm_card_authenticationRequired")
        waiting = await rig.processor.charge(charge)
        await rig.authenticate(charge.attempt_id, waiting.next_action_url or "", approve=True)
        assert (await rig.processor.call_off(replace(charge, reference=waiting.reference))).answer is Answer.SUCCEEDED

    async def test_a_kept_card_can_be_charged_without_its_holder(self, rig: Rig) -> None:
        kept = await rig.processor.keep_card(a_card())
        assert kept.answer is CheckAnswer.ACCEPTED and kept.card and kept.token and kept.customer
        assert (kept.card.brand, kept.card.last_four) == ("visa", "4242")
        charge = replace(a_charge(kept.token, customer_present=False), customer=kept.customer)
        assert (await rig.processor.charge(charge)).answer is Answer.SUCCEEDED

    async def test_keeping_a_card_again_answers_the_same(self, rig: Rig) -> None:
        card = a_card()
        first, second = await rig.processor.keep_card(card), await rig.processor.keep_card(card)
        assert first == second

    @pytest.mark.parametrize(
        ("card", "rejection"),
        [
            ("pm_card_chargeDeclinedExpiredCard", MethodRejection.EXPIRED),
            ("pm_card_chargeDeclined", MethodRejection.PROCESSOR_DECLINED),
        ],
    )
    async def test_a_card_that_cannot_be_kept_is_rejected(
        self, rig: Rig, card: str, rejection: MethodRejection
    ) -> None:
        outcome = await rig.processor.keep_card(a_card(card))
        assert (outcome.answer, outcome.rejection) == (CheckAnswer.REJECTED, rejection)
