"""A card is handed in by its token: kept as pending until the processor has checked it (IBM-10, GOTO-44)."""

from __future__ import annotations

from dataclasses import dataclass

from saldo_work import Answer, Needs, UnitOfWork

from saldo_payments.application.last_look import HELD_OF_ACCOUNT, reached_account
from saldo_payments.application.ports import MachineTime
from saldo_payments.application.timers import METHOD_UNDECIDED, method_undecided_key
from saldo_payments.domain.account import Account
from saldo_payments.domain.contact import Contact
from saldo_payments.domain.ids import caused_id
from saldo_payments.domain.method_states import MethodStatus
from saldo_payments.domain.payment_method import CardFace, PaymentMethod
from saldo_payments.domain.terms import CollectionTerms


@dataclass(frozen=True, slots=True)
class GivenContact:
    """The person of the card's billing address, as typed (C-11)."""

    name: str | None
    email: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPaymentMethod:
    account_id: str
    processor_token: str
    card: CardFace
    contact: GivenContact
    make_default: bool


class SubmitPaymentMethodHandler:
    """A card that is full up or of another brand is kept as rejected, so that the refusal is told (GOTO-36, 38)."""

    def __init__(self, terms: CollectionTerms, machine: MachineTime) -> None:
        self._terms = terms
        self._machine = machine

    def needs(self, command: SubmitPaymentMethod) -> Needs:
        return Needs(
            keys=((Account, command.account_id),), groups=((PaymentMethod, HELD_OF_ACCOUNT, command.account_id),)
        )

    async def handle(self, command: SubmitPaymentMethod, work: UnitOfWork) -> Answer:
        account = await reached_account(work, command.account_id)
        held = await work.group(PaymentMethod, HELD_OF_ACCOUNT, account.account_id)
        contact = self._contact(command, account, work)
        method = self._method(command, account, contact, work=work)
        qualifying = sum(1 for other in held if other.status is MethodStatus.ACTIVE)
        method.submit(self._terms, places_taken=len(held), qualifying=qualifying)
        work.save(method)
        work.save(contact)
        if method.status is MethodStatus.PENDING:
            work.timers.schedule(
                METHOD_UNDECIDED,
                method_undecided_key(method.payment_method_id),
                due_at=method.decision_due_at,
                payload={"payment_method_id": method.payment_method_id},
                account_id=account.account_id,
            )
        return {
            "payment_method_id": method.payment_method_id,
            "status": method.status.value,
            "rejection": method.rejection.value if method.rejection else None,
            "decision_due_at": method.decision_due_at.isoformat(),
            "_version": f"payments/payment_method/{method.version}",
        }

    @staticmethod
    def _contact(command: SubmitPaymentMethod, account: Account, work: UnitOfWork) -> Contact:
        return Contact.given(
            contact_id=caused_id(work.cause.cause_id, "contact"),
            account_id=account.account_id,
            seller_id=account.seller_id,
            name=command.contact.name,
            email=command.contact.email,
            language=command.contact.language,
        )

    def _method(
        self, command: SubmitPaymentMethod, account: Account, contact: Contact, *, work: UnitOfWork
    ) -> PaymentMethod:
        return PaymentMethod(
            payment_method_id=caused_id(work.cause.cause_id, "payment_method"),
            account_id=account.account_id,
            seller_id=account.seller_id,
            contact_id=contact.contact_id,
            processor_token=command.processor_token,
            brand=command.card.brand,
            last_four=command.card.last_four,
            expiry_year=command.card.expiry_year,
            expiry_month=command.card.expiry_month,
            status=MethodStatus.PENDING,
            wanted_as_default=command.make_default,
            submitted_at=work.now,
            decision_due_at=work.now + self._terms.decision_within,
            recorded_at=self._machine.now(),
            traceparent=work.cause.traceparent,
            tracestate=work.cause.tracestate,
        )
