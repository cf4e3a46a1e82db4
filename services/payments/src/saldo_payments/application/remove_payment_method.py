"""A card is taken off file and frees its place; the last one stays while a subscription is live (IBM-07, C-02)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, NotFound, UnitOfWork

from saldo_payments.application.last_look import HELD_OF_ACCOUNT, reached_account
from saldo_payments.application.timers import method_undecided_key
from saldo_payments.domain.account import Account
from saldo_payments.domain.errors import LastMethodNeeded
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment_method import PaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePaymentMethod:
    account_id: str
    payment_method_id: str


class RemovePaymentMethodHandler:
    """Removing it again answers the same and tells nothing; the oldest active card left becomes the default."""

    def needs(self, command: RemovePaymentMethod) -> Needs:
        return Needs(
            keys=((Account, command.account_id), (PaymentMethod, command.payment_method_id)),
            groups=((PaymentMethod, HELD_OF_ACCOUNT, command.account_id),),
        )

    async def handle(self, command: RemovePaymentMethod, work: UnitOfWork) -> Answer:
        account = await reached_account(work, command.account_id)
        method = await work.find(PaymentMethod, command.payment_method_id)
        if method is None or method.account_id != account.account_id:
            raise NotFound("there is no such payment method")
        if method.status is not MethodStatus.REMOVED:
            others = await self._other_active(method, work)
            self._refuse_the_last(account, method, others)
            was_default = account.default_method_id == method.payment_method_id
            method.remove(was_default=was_default, qualifying=len(others))
            work.save(method)
            if was_default:
                self._pass_default_on(account, others)
                work.save(account)
            work.timers.cancel(method_undecided_key(method.payment_method_id))
        return {
            "payment_method_id": method.payment_method_id,
            "status": method.status.value,
            "_version": f"payments/payment_method/{method.version}",
        }

    @staticmethod
    async def _other_active(method: PaymentMethod, work: UnitOfWork) -> list[PaymentMethod]:
        held = await work.group(PaymentMethod, HELD_OF_ACCOUNT, method.account_id)
        return [
            other
            for other in held
            if other.status is MethodStatus.ACTIVE and other.payment_method_id != method.payment_method_id
        ]

    @staticmethod
    def _refuse_the_last(account: Account, method: PaymentMethod, others: list[PaymentMethod]) -> None:
        if method.status is MethodStatus.ACTIVE and not others and account.live_subscriptions:
            raise LastMethodNeeded(live_subscriptions=account.live_subscriptions)

    @staticmethod
    def _pass_default_on(account: Account, others: list[PaymentMethod]) -> None:
        if others:
            account.choose_default(min(others, key=lambda other: other.submitted_at), by_customer=False)
        else:
            account.lose_default()
