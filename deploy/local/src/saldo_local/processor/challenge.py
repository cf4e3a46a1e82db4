"""The page on which a cardholder proves to be the holder (3-D Secure), or does not."""

from __future__ import annotations

import hmac
from html import escape
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from saldo_local.amounts import readable
from saldo_local.processor import charging, setup_intents
from saldo_local.processor.call import Call
from saldo_local.processor.records import PaymentIntent, PaymentMethod, SetupIntent
from saldo_local.processor.wire import CardRefused, Refused

Outcome = Literal["approve", "fail"]
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --soft: #9aa4b2; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; }
main { border: 1px solid var(--line); border-radius: .5rem; padding: 1.5rem; }
h1 { font-size: 1rem; font-weight: 600; margin: 0; color: var(--soft); }
.amount { font-size: 1.5rem; font-weight: 600; }
button { font: inherit; padding: .5rem 1.25rem; border: 1px solid var(--line); border-radius: .375rem; }
button[value=approve] { background: #0b57d0; color: #fff; border-color: #0b57d0; } small { color: var(--soft); }
"""


def page(intent: PaymentIntent | SetupIntent) -> str:
    """Two buttons while the challenge is open, one sentence after it."""
    if intent.status != "requires_action":
        return _document(f"<p>Nothing is to be done here: {escape(intent.id)} is {escape(intent.status)}.</p>")
    asked, what = "Your bank asks: is it you who adds this card?", "A new card"
    if isinstance(intent, PaymentIntent):
        asked, what = "Your bank asks: is it you who pays?", escape(readable(intent.amount, intent.currency))
    buttons = "".join(
        f'<button name="outcome" value="{outcome}">{label}</button> '
        for outcome, label in (("approve", "Approve"), ("fail", "Refuse"))
    )
    secret = f'<input type="hidden" name="client_secret" value="{escape(intent.client_secret)}">'
    return _document(
        f'<p>{asked}</p><p class="amount">{what}</p><form method="post">{secret}{buttons}</form>'
        "<p><small>3-D Secure of the card processor simulator; no bank and no money are involved.</small></p>"
    )


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
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Test bank</title>'
    return (
        f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head>'
        f"<body><main><h1>Test bank</h1>{content}</main></body></html>"
    )
