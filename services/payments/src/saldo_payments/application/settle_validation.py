"""The processor's word on a card: usable at once, refused, waiting for its holder, or not known yet (C-10)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.autopay import Autopay
from saldo_payments.application.back_off import next_check_at
from saldo_payments.application.last_look import HELD_OF_ACCOUNT
from saldo_payments.application.ports import MachineTime
from saldo_payments.application.timers import method_undecided_key
from saldo_payments.domain.account import Account
from saldo_payments.domain.card_check import CardCheckOutcome, CheckAnswer
from saldo_payments.domain.method_states import MethodRejection, MethodStatus
from saldo_payments.domain.payment_method import PaymentMethod
from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleValidation:
    payment_method_id: str
    account_id: str
    outcome: CardCheckOutcome


class SettleValidationHandler:
    """An answer that comes again, or after the card was removed, changes nothing."""

    def __init__(self, terms: CollectionTerms, machine: MachineTime, *, autopay: Autopay) -> None:
        self._terms = terms
        self._machine = machine
        self._autopay = autopay

    def needs(self, command: SettleValidation) -> Needs:
        return Needs(
            keys=((Account, command.account_id), (PaymentMethod, command.payment_method_id)),
            groups=((PaymentMethod, HELD_OF_ACCOUNT, command.account_id),),
        )

    async def handle(self, command: SettleValidation, work: UnitOfWork) -> Answer:
        account = await work.get(Account, command.account_id)
        method = await work.get(PaymentMethod, command.payment_method_id)
        if method.status is not MethodStatus.PENDING or method.account_id != account.account_id:
            return None
        outcome = command.outcome
        method.setup_reference = outcome.reference or method.setup_reference
        account.processor_customer = outcome.customer or account.processor_customer
        match outcome.answer:
            case CheckAnswer.ACCEPTED:
                await self._accept(method, account, outcome, work=work)
            case CheckAnswer.REJECTED:
                await self._reject(method, outcome.rejection or MethodRejection.PROCESSOR_DECLINED, work)
            case CheckAnswer.AUTHENTICATION_REQUIRED | CheckAnswer.UNKNOWN:
                method.next_action_url = outcome.next_action_url or method.next_action_url
                method.check_after = next_check_at(self._machine.now(), method.checks_made)
        work.save(account)
        work.save(method)
        if method.status is not MethodStatus.PENDING:
            work.timers.cancel(method_undecided_key(method.payment_method_id))
            await self._autopay.collect_open_invoices(work, account)
        return None

    async def _accept(
        self, method: PaymentMethod, account: Account, outcome: CardCheckOutcome, *, work: UnitOfWork
    ) -> None:
        if outcome.card is None or outcome.customer is None or outcome.token is None:
            raise ValueError("an accepted card comes with its face, its token and its customer")
        method.keep_as(outcome.card, token=outcome.token, customer=outcome.customer)
        if outcome.card.brand not in self._terms.card_brands:
            await self._reject(method, MethodRejection.BRAND_NOT_ACCEPTED, work)
            return
        becomes_default = account.default_method_id is None or method.wanted_as_default
        qualifying = await self._active_besides(method, work) + 1
        method.validate(work.now, is_default=becomes_default, qualifying=qualifying)
        if becomes_default:
            account.choose_default(method, by_customer=method.wanted_as_default)

    async def _reject(self, method: PaymentMethod, reason: MethodRejection, work: UnitOfWork) -> None:
        method.reject(reason, work.now, qualifying=await self._active_besides(method, work))

    @staticmethod
    async def _active_besides(method: PaymentMethod, work: UnitOfWork) -> int:
        held = await work.group(PaymentMethod, HELD_OF_ACCOUNT, method.account_id)
        return sum(
            1
            for other in held
            if other.status is MethodStatus.ACTIVE and other.payment_method_id != method.payment_method_id
        )
