"""What Stripe tells by itself: signed, repeated, in any order; read into the same commands as an answer to a call."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import stripe
from saldo_contracts.wire import UUID_PATTERN

from saldo_payments.adapters import stripe_answers as answers
from saldo_payments.application.ports import BadSignature, ProcessorNews
from saldo_payments.application.recheck_payment_method import RecheckPaymentMethod
from saldo_payments.application.settle_charge import SettleCharge

SIGNATURE_AGE_SECONDS_MAX = 300  # Stripe's own recommendation against replays (machine time)
CHARGES = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.canceled",
    }
)
# They name the card by its id only, so what they mean is: ask now.
CARDS = frozenset({"setup_intent.succeeded", "setup_intent.setup_failed", "setup_intent.canceled"})


class StripeWebhooks:
    """Knows a message of Stripe's by any of the secrets of its endpoints."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def read(self, body: bytes, signature: str | None) -> ProcessorNews:
        """See `ProcessorMail.read`."""
        self._verify(body, signature)
        try:
            event = json.loads(body)
        except ValueError:
            raise BadSignature from None
        if not isinstance(event, dict) or not isinstance(event.get("id"), str):
            raise BadSignature
        told = answers.part(answers.part(event, "data"), "object")
        return ProcessorNews(news_id=event["id"], command=_command(answers.text(event, "type"), told))

    def _verify(self, body: bytes, signature: str | None) -> None:
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(body, signature, secret, SIGNATURE_AGE_SECONDS_MAX)
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
            return
        raise BadSignature


def _command(kind: str | None, told: answers.Object) -> SettleCharge | RecheckPaymentMethod | None:
    """None for what means nothing here: another kind of event, or an intent that is not ours."""
    metadata = answers.part(told, "metadata")
    if kind in CARDS:
        method_id = _own_id(metadata, "payment_method_id")
        return RecheckPaymentMethod(payment_method_id=method_id) if method_id else None
    account_id = _own_id(metadata, "account_id")
    payment_id, attempt_id = _own_id(metadata, "payment_id"), _own_id(metadata, "attempt_id")
    if kind not in CHARGES or not (account_id and payment_id and attempt_id):
        return None
    return SettleCharge(
        account_id=account_id, payment_id=payment_id, attempt_id=attempt_id, outcome=answers.charge_outcome(told)
    )


def _own_id(metadata: answers.Object, name: str) -> str | None:
    """An id that we wrote there; anything else was written by somebody else, and names nothing of ours."""
    value = answers.text(metadata, name)
    return value if value is not None and re.fullmatch(UUID_PATTERN, value) else None
