"""Stripe's test cards and what each of them does (docs.stripe.com/testing); a few names are ours and say so."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "not one of Stripe's"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """`code` and `decline_code` are what a refusal says. `refuses_attach`: refused already when the card is saved.
    `challenge`: "always" asks the cardholder at every charge, "until_set_up" only while the card is not saved.
    `dispute`: a reason, opened right after the charge. `refund`: how refunds end."""

    code: str = ""
    decline_code: str = ""
    message: str = ""
    refuses_attach: bool = True
    challenge: str = ""
    dispute: str = ""
    refund: str = "succeeded"


@dataclass(frozen=True, slots=True)
class TestCard:
    number: str
    behaviour: str
    brand: str = "visa"
    funding: str = "credit"


def _declined(decline_code: str, *, attaches: bool = False) -> Behaviour:
    return Behaviour("card_declined", decline_code, "Your card was declined.", refuses_attach=not attaches)


BEHAVIOURS = {
    "succeeds": Behaviour(),
    "generic_decline": _declined("generic_decline"),
    "insufficient_funds": Behaviour("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": _declined("lost_card"),
    "stolen_card": _declined("stolen_card"),
    "fraudulent": _declined("fraudulent"),
    "do_not_honor": _declined("do_not_honor"),
    "card_velocity_exceeded": _declined("card_velocity_exceeded"),
    "test_mode_live_card": _declined("test_mode_live_card"),
    "expired_card": Behaviour("expired_card", "expired_card", "Your card has expired."),
    "incorrect_cvc": Behaviour("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "incorrect_zip": Behaviour("incorrect_zip", "incorrect_zip", "The postal code does not match the card's."),
    "incorrect_address": Behaviour(
        "incorrect_address", "incorrect_address", "The name or address does not match the card's."
    ),
    "processing_error": Behaviour(
        "processing_error", "processing_error", "An error occurred while processing your card."
    ),
    "attaches_then_declines": _declined("generic_decline", attaches=True),
    "challenge_always": Behaviour(challenge="always"),
    "challenge_until_set_up": Behaviour(challenge="until_set_up"),
    "challenge_then_insufficient_funds": Behaviour(
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
        refuses_attach=False,
        challenge="always",
    ),
    "dispute_fraudulent": Behaviour(dispute="fraudulent"),
    "dispute_product_not_received": Behaviour(dispute="product_not_received"),
    "refund_fails": Behaviour(refund="failed"),
    "refund_pending": Behaviour(refund="pending"),
}

CARDS = {
    "visa": TestCard("4242424242424242", "succeeds"),
    "visa_debit": TestCard("4000056655665556", "succeeds", funding="debit"),
    "mastercard": TestCard("5555555555554444", "succeeds", "mastercard"),
    "mastercard_debit": TestCard("5200828282828210", "succeeds", "mastercard", "debit"),
    "amex": TestCard("378282246310005", "succeeds", "amex"),
    "discover": TestCard("6011111111111117", "succeeds", "discover"),
    "diners": TestCard("3056930009020004", "succeeds", "diners"),
    "jcb": TestCard("3566002020360505", "succeeds", "jcb"),
    "unionpay": TestCard("6200000000000005", "succeeds", "unionpay"),
    "chargeDeclined": TestCard("4000000000000002", "generic_decline"),
    "chargeDeclinedInsufficientFunds": TestCard("4000000000009995", "insufficient_funds"),
    "visa_chargeDeclinedInsufficientFunds": TestCard("4000000000009995", "insufficient_funds"),
    "chargeDeclinedLostCard": TestCard("4000000000009987", "lost_card"),
    "visa_chargeDeclinedLostCard": TestCard("4000000000009987", "lost_card"),
    "chargeDeclinedStolenCard": TestCard("4000000000009979", "stolen_card"),
    "visa_chargeDeclinedStolenCard": TestCard("4000000000009979", "stolen_card"),
    "chargeDeclinedExpiredCard": TestCard("4000000000000069", "expired_card"),
    "chargeDeclinedIncorrectCvc": TestCard("4000000000000127", "incorrect_cvc"),
    "chargeDeclinedProcessingError": TestCard("4000000000000119", "processing_error"),
    "chargeDeclinedFraudulent": TestCard("4100000000000019", "fraudulent"),
    "chargeDeclinedVelocityLimitExceeded": TestCard("4000000000006975", "card_velocity_exceeded"),
    "visa_chargeDeclinedVelocityLimitExceeded": TestCard("4000000000006975", "card_velocity_exceeded"),
    "chargeDeclinedDoNotHonor": TestCard("4000000000000770", "do_not_honor"),  # the name and the number are ours
    "avsZipFail": TestCard("4000000000000036", "incorrect_zip"),  # as with Stripe's rule that blocks on it
    "avsFail": TestCard("4000000000000010", "incorrect_address"),  # as with Stripe's rule that blocks on it
    "chargeCustomerFail": TestCard("4000000000000341", "attaches_then_declines"),
    "visa_then_declines": TestCard("4000000000000341", "attaches_then_declines"),  # the name is ours
    "authenticationRequired": TestCard("4000002760003184", "challenge_always"),
    "authenticationRequiredOnSetup": TestCard("4000002500003155", "challenge_until_set_up"),
    "threeDSecure2Required": TestCard("4000000000003220", "challenge_always"),
    "threeDSecureRequired": TestCard("4000000000003063", "challenge_always"),
    "authenticationRequiredChargeDeclinedInsufficientFunds": TestCard(
        "4000008260003178", "challenge_then_insufficient_funds"
    ),
    "createDispute": TestCard("4000000000000259", "dispute_fraudulent"),
    "createDisputeProductNotReceived": TestCard("4000000000002685", "dispute_product_not_received"),
    "refundFail": TestCard("4000000000005126", "refund_fails"),
    "pendingRefund": TestCard("4000000000007726", "refund_pending"),
}

_BY_NUMBER = {card.number: card for card in CARDS.values()}
_BRANDS = {"4": "visa", "5": "mastercard", "34": "amex", "37": "amex", "6": "discover", "35": "jcb", "30": "diners"}


def by_name(name: str) -> TestCard | None:
    """`pm_card_visa` and `tok_visa` alike."""
    for prefix in ("pm_card_", "tok_"):
        if name.startswith(prefix):
            return CARDS.get(name.removeprefix(prefix))
    return None


def by_number(number: str) -> TestCard | None:
    """None if the check digit is wrong. A number that is no test card is refused at its first use, as in test mode."""
    if not number.isdigit() or not 12 <= len(number) <= 19 or not _check_digit_is_right(number):
        return None
    return _BY_NUMBER.get(number) or TestCard(number, "test_mode_live_card", _brand(number))


def _brand(number: str) -> str:
    return _BRANDS.get(number[:2]) or _BRANDS.get(number[:1], "unknown")


def _check_digit_is_right(number: str) -> bool:
    """ISO/IEC 7812-1, the Luhn formula."""
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0
