"""Which request is which use of the processor."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from saldo_local.processor import (
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)
from saldo_local.processor.call import Call
from saldo_local.processor.wire import Body, Refused

Use = Callable[..., Body]


@dataclass(frozen=True, slots=True)
class Api:
    """`webhook_secret` is what endpoints registered here sign with; empty: each draws its own."""

    webhook_secret: str

    def use(self, method: str, path: str) -> Callable[[Call], Body]:
        """Raises Refused with 404 for a request that the simulator does not know."""
        for wanted, pattern, use in _ROUTES:
            if wanted == method and (match := pattern.fullmatch(path)):
                identifiers = match.groups()
                return lambda call: use(call, *identifiers)
        if (method, path) == ("POST", "/v1/webhook_endpoints"):
            return lambda call: events.create_endpoint(call, self.webhook_secret)
        raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def _routes(*table: tuple[str, str, Use]) -> list[tuple[str, re.Pattern[str], Use]]:
    return [(method, re.compile(path.replace("ID", r"([A-Za-z0-9_]+)")), use) for method, path, use in table]


_ROUTES = _routes(
    ("POST", "/v1/customers", customers.create),
    ("GET", "/v1/customers", customers.listed),
    ("GET", "/v1/customers/ID", customers.retrieve),
    ("POST", "/v1/customers/ID", customers.update),
    ("DELETE", "/v1/customers/ID", customers.delete),
    ("GET", "/v1/customers/ID/payment_methods", payment_methods.listed),
    ("POST", "/v1/payment_methods", payment_methods.create),
    ("GET", "/v1/payment_methods", payment_methods.listed),
    ("GET", "/v1/payment_methods/ID", payment_methods.retrieve),
    ("POST", "/v1/payment_methods/ID", payment_methods.update),
    ("POST", "/v1/payment_methods/ID/attach", payment_methods.attach),
    ("POST", "/v1/payment_methods/ID/detach", payment_methods.detach),
    ("POST", "/v1/setup_intents", setup_intents.create),
    ("GET", "/v1/setup_intents", setup_intents.listed),
    ("GET", "/v1/setup_intents/ID", setup_intents.retrieve),
    ("POST", "/v1/setup_intents/ID/confirm", setup_intents.confirm),
    ("POST", "/v1/setup_intents/ID/cancel", setup_intents.cancel),
    ("POST", "/v1/payment_intents", payment_intents.create),
    ("GET", "/v1/payment_intents", payment_intents.listed),
    ("GET", "/v1/payment_intents/search", payment_intents.search),
    ("GET", "/v1/payment_intents/ID", payment_intents.retrieve),
    ("POST", "/v1/payment_intents/ID", payment_intents.update),
    ("POST", "/v1/payment_intents/ID/confirm", payment_intents.confirm),
    ("POST", "/v1/payment_intents/ID/cancel", payment_intents.cancel),
    ("POST", "/v1/payment_intents/ID/capture", payment_intents.capture),
    ("GET", "/v1/charges", events.listed_charges),
    ("GET", "/v1/charges/ID", events.retrieve_charge),
    ("POST", "/v1/refunds", refunds.create),
    ("GET", "/v1/refunds", refunds.listed),
    ("GET", "/v1/refunds/ID", refunds.retrieve),
    ("POST", "/v1/refunds/ID", refunds.update),
    ("GET", "/v1/disputes", disputes.listed),
    ("GET", "/v1/disputes/ID", disputes.retrieve),
    ("POST", "/v1/disputes/ID", disputes.update),
    ("GET", "/v1/events", events.listed_events),
    ("GET", "/v1/events/ID", events.retrieve_event),
    ("GET", "/v1/webhook_endpoints", events.listed_endpoints),
    ("GET", "/v1/webhook_endpoints/ID", events.retrieve_endpoint),
    ("POST", "/v1/webhook_endpoints/ID", events.update_endpoint),
    ("DELETE", "/v1/webhook_endpoints/ID", events.delete_endpoint),
)
