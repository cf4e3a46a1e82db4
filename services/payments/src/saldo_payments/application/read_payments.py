"""What pages ask: cards, payments and how they ended, and when the next try is possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from saldo_work import Actor, Clock, NotFound

from saldo_payments.application.ports import AccountView, MethodView, PaymentView, Readings
from saldo_payments.domain.payment_states import PaymentStatus
from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True)
class PaymentDetails:
    """A payment, and when the payer may try again after a failure; None: at once, or nothing failed."""

    payment: PaymentView
    earliest_next_try_at: datetime | None


class ReadPayments:
    """Everything out of the caller's reach is not found."""

    def __init__(self, readings: Readings, clock: Clock, *, terms: CollectionTerms) -> None:
        self._readings = readings
        self._clock = clock
        self._terms = terms

    async def account(self, actor: Actor, account_id: str) -> AccountView:
        """Raises NotFound."""
        account = await self._readings.account(account_id)
        if account is None or not actor.reaches(seller_id=account.seller_id, account_id=account_id):
            raise NotFound("there is no such account")
        return account

    async def methods(
        self, actor: Actor, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[MethodView]:
        """Newest first, rejected and removed ones too."""
        await self.account(actor, account_id)
        return await self._readings.methods(account_id, after=after, limit=limit)

    async def method(self, actor: Actor, account_id: str, payment_method_id: str) -> MethodView:
        """Raises NotFound."""
        await self.account(actor, account_id)
        method = await self._readings.method(account_id, payment_method_id)
        if method is None:
            raise NotFound("there is no such payment method")
        return method

    async def payments(
        self, actor: Actor, account_id: str, *, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[PaymentView]:
        """Newest first."""
        await self.account(actor, account_id)
        return await self._readings.payments(account_id, after=after, limit=limit)

    async def payment(self, actor: Actor, account_id: str, payment_id: str) -> PaymentDetails:
        """Raises NotFound."""
        account = await self.account(actor, account_id)
        payment = await self._readings.payment(account_id, payment_id)
        if payment is None:
            raise NotFound("there is no such payment")
        return PaymentDetails(payment, await self._earliest_next_try(account, payment))

    async def owner_of_payment(self, payment_id: str) -> str:
        """The account of a payment; reach is checked by what is done with it. Raises NotFound."""
        account_id = await self._readings.owner_of_payment(payment_id)
        if account_id is None:
            raise NotFound("there is no such payment")
        return account_id

    async def _earliest_next_try(self, account: AccountView, payment: PaymentView) -> datetime | None:
        if payment.status != PaymentStatus.FAILED.value:
            return None
        now = await self._clock.now()
        promised = await self._readings.promised_tries(account.account_id)
        waits = [account.attempts.refused_until(now, self._terms, promised=promised)]
        if payment.payment_method_id is not None:
            method = await self._readings.method(account.account_id, payment.payment_method_id)
            waits.append(method.rests_until if method is not None else None)
        return max((until for until in waits if until is not None and until > now), default=None)
