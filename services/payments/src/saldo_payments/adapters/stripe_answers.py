"""What the processor's objects mean: an intent to pay, an intent to keep a card, an error."""

from __future__ import annotations

from collections.abc import Mapping

from saldo_payments.adapters.stripe_declines import reason_of, rejection_of
from saldo_payments.domain.card_check import CardCheckOutcome, CheckAnswer
from saldo_payments.domain.charge_outcome import Answer, ChargeOutcome
from saldo_payments.domain.declines import DeclineReason
from saldo_payments.domain.method_states import MethodRejection
from saldo_payments.domain.payment_method import CardFace

Object = Mapping[str, object]

UNKNOWN_CHARGE = ChargeOutcome(answer=Answer.UNKNOWN)
UNKNOWN_CHECK = CardCheckOutcome(answer=CheckAnswer.UNKNOWN)


def charge_outcome(intent: Object) -> ChargeOutcome:
    """`requires_payment_method` is an end here: nobody but us confirms our intents, and we confirm each once."""
    reference = text(intent, "id")
    match text(intent, "status"):
        case "succeeded":
            card = part(part(intent, "payment_method"), "card")
            return ChargeOutcome(
                answer=Answer.SUCCEEDED, reference=reference, brand=text(card, "brand"), last_four=text(card, "last4")
            )
        case "requires_action":
            return ChargeOutcome(
                answer=Answer.AUTHENTICATION_REQUIRED, reference=reference, next_action_url=_redirect(intent)
            )
        case "requires_payment_method":
            return declined(part(intent, "last_payment_error"), reference)
        case "canceled":
            return ChargeOutcome(
                answer=Answer.DECLINED, reference=reference, reason=DeclineReason.ABANDONED_BY_PAYER, code="canceled"
            )
        case _:
            return ChargeOutcome(answer=Answer.UNKNOWN, reference=reference)


def declined(error: Object, reference: str | None) -> ChargeOutcome:
    """An error of the card or of the request as the answer it is."""
    code, decline_code = text(error, "code"), text(error, "decline_code")
    return ChargeOutcome(
        answer=Answer.DECLINED,
        reference=reference or text(part(error, "payment_intent"), "id"),
        reason=reason_of(code, decline_code),
        code=decline_code or code,
    )


def check_outcome(intent: Object, customer: str | None) -> CardCheckOutcome:
    """An intent to keep a card; an accepted one must bring the card along (expanded)."""
    reference = text(intent, "id")
    customer = text(intent, "customer") or customer
    match text(intent, "status"):
        case "succeeded":
            return _accepted(intent, reference, customer)
        case "requires_action":
            return CardCheckOutcome(
                answer=CheckAnswer.AUTHENTICATION_REQUIRED,
                reference=reference,
                customer=customer,
                next_action_url=_redirect(intent),
            )
        case "requires_payment_method":
            return rejected(part(intent, "last_setup_error"), reference)
        case "canceled":
            return CardCheckOutcome(
                answer=CheckAnswer.REJECTED, reference=reference, rejection=MethodRejection.AUTHENTICATION_FAILED
            )
        case _:
            return CardCheckOutcome(answer=CheckAnswer.UNKNOWN, reference=reference, customer=customer)


def _accepted(intent: Object, reference: str | None, customer: str | None) -> CardCheckOutcome:
    method = part(intent, "payment_method")
    card = part(method, "card")
    token, brand, last_four = text(method, "id"), text(card, "brand"), text(card, "last4")
    year, month = card.get("exp_year"), card.get("exp_month")
    if not (token and brand and last_four and isinstance(year, int) and isinstance(month, int)):
        return CardCheckOutcome(answer=CheckAnswer.UNKNOWN, reference=reference, customer=customer)
    face = CardFace(brand=brand, last_four=last_four, expiry_year=year, expiry_month=month)
    return CardCheckOutcome(answer=CheckAnswer.ACCEPTED, card=face, token=token, customer=customer, reference=reference)


def rejected(error: Object, reference: str | None) -> CardCheckOutcome:
    """A card that is not kept."""
    return CardCheckOutcome(
        answer=CheckAnswer.REJECTED,
        reference=reference or text(part(error, "setup_intent"), "id"),
        rejection=rejection_of(text(error, "code"), text(error, "decline_code")),
    )


def text(of: Object, name: str) -> str | None:
    """A member that is a text and not empty; an object that was not expanded is its id."""
    value = of.get(name)
    return value if isinstance(value, str) and value else None


def part(of: Object, name: str) -> Object:
    """A member that is an object; empty where it is missing or only named by its id."""
    value = of.get(name)
    return value if isinstance(value, Mapping) else {}


def _redirect(intent: Object) -> str | None:
    return text(part(part(intent, "next_action"), "redirect_to_url"), "url")
