"""The page on which a cardholder proves to be the holder (3-D Secure), or does not."""

from __future__ import annotations

import hmac
from html import escape
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from saldo_local.processor import charging, setup_intents
from saldo_local.processor.call import Call
from saldo_local.processor.records import PaymentIntent, PaymentMethod, SetupIntent
from saldo_local.processor.wire import CardRefused, Refused

Outcome = Literal["approve", "fail"]
STYLE = "body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}button{font:inherit}"


def page(intent: PaymentIntent | SetupIntent) -> str:
    """Two buttons while the challenge is open, one sentence after it."""
    if intent.status != "requires_action":
        return _document(f"<p>Nothing is to be done here: {escape(intent.id)} is {escape(intent.status)}.</p>")
    what = (
        f"{intent.amount} {intent.currency.upper()} in minor units" if isinstance(intent, PaymentIntent) else "a card"
    )
    buttons = "".join(
        f'<button name="outcome" value="{outcome}">{label}</button> '
        for outcome, label in (("approve", "Approve"), ("fail", "Fail"))
    )
    secret = f'<input type="hidden" name="client_secret" value="{escape(intent.client_secret)}">'
    return _document(f'<p>A test bank asks you to confirm {what}.</p><form method="post">{secret}{buttons}</form>')


def open_intent(call: Call, identifier: str, secret: str) -> PaymentIntent | SetupIntent:
    """Raises Refused with 404, for a wrong secret too."""
    kind: type[PaymentIntent | SetupIntent] = SetupIntent if identifier.startswith("seti_") else PaymentIntent
    intent = call.the(kind, identifier)
    if not hmac.compare_digest(intent.client_secret, secret):
        raise Refused("No such intent.", status=404)
    return intent


def settle(call: Call, intent: PaymentIntent | SetupIntent, outcome: Outcome) -> bool:
    """Whether the intent went on. Raises Refused if the challenge is not open (any more)."""
    if intent.status != "requires_action":
        raise Refused(f"The challenge is over: {intent.id} is {intent.status}.", status=409)
    if outcome == "fail":
        fail = charging.fail_challenge if isinstance(intent, PaymentIntent) else None
        if fail is not None and isinstance(intent, PaymentIntent):
            fail(call, intent)
        elif isinstance(intent, SetupIntent):
            setup_intents.fail_challenge(call, intent)
        return False
    method = call.the(PaymentMethod, intent.payment_method)
    try:
        if isinstance(intent, PaymentIntent):
            charging.charge(call, intent, method)
        else:
            setup_intents.finish(call, intent, method)
    except CardRefused:
        return False
    return True


def way_back(intent: PaymentIntent | SetupIntent, *, succeeded: bool) -> str:
    """The return address with Stripe's parameters added; empty if none was given."""
    if not intent.return_url:
        return ""
    name = "payment_intent" if isinstance(intent, PaymentIntent) else "setup_intent"
    told = {
        name: intent.id,
        f"{name}_client_secret": intent.client_secret,
        "redirect_status": "succeeded" if succeeded else "failed",
    }
    parts = urlsplit(intent.return_url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *told.items()])))


def _document(content: str) -> str:
    head = f'<meta charset="utf-8"><title>Test bank</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><h1>Test bank</h1>{content}</body></html>'
