"""Events and charges, as they can be looked up; and the endpoints that events are sent to."""

from __future__ import annotations

import secrets

from saldo_local.processor.call import PAGING, Call
from saldo_local.processor.records import Charge, Event, WebhookEndpoint
from saldo_local.processor.wire import Body, Refused, merged, new_id

ENDPOINT_FIELDS = ("url", "enabled_events", "description", "metadata", "disabled")
ENDPOINTS_MAX = 16


def retrieve_event(call: Call, identifier: str) -> Body:
    return call.show(call.the(Event, identifier))


def listed_events(call: Call) -> Body:
    form = call.form.only((*PAGING, "type"))
    return call.listed(Event, "/v1/events", parent=form.text("type"))


def retrieve_charge(call: Call, identifier: str) -> Body:
    return call.show(call.the(Charge, identifier))


def listed_charges(call: Call) -> Body:
    form = call.form.only((*PAGING, "payment_intent", "customer"))
    return call.listed(Charge, "/v1/charges", customer=form.text("customer"), parent=form.text("payment_intent"))


def create_endpoint(call: Call, secret: str) -> Body:
    """The answer carries the signing secret, only this once. `secret` empty: one is drawn."""
    form = call.form.only((*ENDPOINT_FIELDS, "api_version", "connect"))
    if len(call.store.every(WebhookEndpoint)) >= ENDPOINTS_MAX:
        raise Refused(f"You have reached the maximum of {ENDPOINTS_MAX} test webhook endpoints.")
    endpoint = WebhookEndpoint(
        new_id("we"), call.now(), form.required("url"), secret or f"whsec_{secrets.token_urlsafe(24)}"
    )
    _fill(endpoint, call)
    return {**call.keep(endpoint), "secret": endpoint.secret}


def retrieve_endpoint(call: Call, identifier: str) -> Body:
    return call.show(call.the(WebhookEndpoint, identifier))


def update_endpoint(call: Call, identifier: str) -> Body:
    form = call.form.only(ENDPOINT_FIELDS)
    endpoint = call.the(WebhookEndpoint, identifier)
    endpoint.url = form.text("url", endpoint.url)
    if "disabled" in form.tree:
        endpoint.status = "disabled" if form.flag("disabled") else "enabled"
    _fill(endpoint, call)
    return call.keep(endpoint)


def delete_endpoint(call: Call, identifier: str) -> Body:
    """What waits for it is given up."""
    call.the(WebhookEndpoint, identifier)
    call.store.remove(identifier)
    call.store.database.execute(
        "UPDATE deliveries SET state = 'given up' WHERE endpoint_id = ? AND state = 'waiting'", (identifier,)
    )
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}


def listed_endpoints(call: Call) -> Body:
    call.form.only(PAGING)
    return call.listed(WebhookEndpoint, "/v1/webhook_endpoints")


def _fill(endpoint: WebhookEndpoint, call: Call) -> None:
    form = call.form
    endpoint.enabled_events = form.items("enabled_events") or endpoint.enabled_events or ["*"]
    endpoint.description = form.text("description", endpoint.description)
    endpoint.metadata = merged(endpoint.metadata, form.mapping("metadata"))
