"""What counts as Stripe's word: the signature over the raw body, by any of our secrets, and not too old."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
import stripe
from saldo_payments.adapters.stripe_webhooks import SIGNATURE_AGE_SECONDS_MAX, StripeWebhooks
from saldo_payments.application.ports import BadSignature
from saldo_payments.application.recheck_payment_method import RecheckPaymentMethod
from saldo_payments.application.settle_charge import SettleCharge
from saldo_payments.domain.charge_outcome import Answer
from saldo_payments.domain.declines import DeclineReason

OLD_SECRET, SECRET = "whsec_old", "whsec_new"
IDS = {"account_id": str(uuid4()), "payment_id": str(uuid4()), "attempt_id": str(uuid4())}
WEBHOOKS = StripeWebhooks([OLD_SECRET, SECRET])


def _event(kind: str, **intent: object) -> bytes:
    told = {"id": "pi_1", "object": "payment_intent", "metadata": IDS, **intent}
    return json.dumps({"id": "evt_1", "type": kind, "data": {"object": told}}).encode()


def _signed(body: bytes, secret: str = SECRET, **when: int) -> str:  # a test's own
    signature: str = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, **when)
    return signature


@pytest.mark.parametrize("secret", [OLD_SECRET, SECRET])
def test_either_secret_is_known_while_they_are_exchanged(secret: str) -> None:
    body = _event("payment_intent.succeeded", status="succeeded")
    news = WEBHOOKS.read(body, _signed(body, secret))
    assert isinstance(news.command, SettleCharge)
    assert (news.news_id, news.command.attempt_id) == ("evt_1", IDS["attempt_id"])
    assert news.command.outcome.answer is Answer.SUCCEEDED


def test_nothing_is_read_without_a_signature_that_fits_the_very_bytes() -> None:
    body = _event("payment_intent.succeeded", status="succeeded")
    old = 1_000_000_000 - SIGNATURE_AGE_SECONDS_MAX
    for changed, signature in (
        (body, None),
        (body, ""),
        (body, "t=1"),
        (body, "nonsense"),
        (body, _signed(body, "whsec_stranger")),
        (body, _signed(body, timestamp=old)),
        (body + b" ", _signed(body)),
        (b"\xff" + body, _signed(body)),
    ):
        with pytest.raises(BadSignature):
            WEBHOOKS.read(changed, signature)
    with pytest.raises(BadSignature):
        StripeWebhooks([]).read(body, _signed(body))


@pytest.mark.parametrize("body", [b"[]", b"not json", b'{"id": 7}', b"null"])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature):
        WEBHOOKS.read(body, _signed(body))


def test_a_refused_charge_brings_its_reason() -> None:
    error = {"code": "card_declined", "decline_code": "lost_card"}
    body = _event("payment_intent.payment_failed", status="requires_payment_method", last_payment_error=error)
    command = WEBHOOKS.read(body, _signed(body)).command
    assert isinstance(command, SettleCharge)
    assert command.outcome.reason is DeclineReason.CARD_LOST_OR_STOLEN


def test_news_of_a_card_are_a_reason_to_ask() -> None:
    body = _event("setup_intent.succeeded", metadata={"payment_method_id": IDS["attempt_id"]})
    assert WEBHOOKS.read(body, _signed(body)).command == RecheckPaymentMethod(payment_method_id=IDS["attempt_id"])


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("charge.succeeded", {}),
        ("payment_intent.created", {}),
        ("payment_intent.succeeded", {"metadata": {}}),
        ("payment_intent.succeeded", {"metadata": {"attempt_id": IDS["attempt_id"]}}),
        ("setup_intent.succeeded", {}),
    ],
)
def test_what_is_not_ours_means_nothing(kind: str, changes: dict[str, object]) -> None:
    body = _event(kind, **changes)
    assert WEBHOOKS.read(body, _signed(body)).command is None
