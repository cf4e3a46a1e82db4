"""One API request at work: its form, its key, and the store it reads and writes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from saldo_local.processor import rendering
from saldo_local.processor.clock import MovableClock
from saldo_local.processor.records import Event, Record, WebhookEndpoint
from saldo_local.processor.store import Page, RecordT, Store
from saldo_local.processor.wire import Body, Form, Refused, new_id, not_found

LIMIT_DEFAULT = 10
LIMIT_MAX = 100
PAGING = ("limit", "starting_after", "ending_before", "created")
ALL_EVENTS = "*"


@dataclass(frozen=True, slots=True)
class Call:
    """`base_url` is where challenge pages are; `idempotency_key` ends up in the ledger."""

    store: Store
    clock: MovableClock
    base_url: str
    form: Form = field(default_factory=Form)
    request_id: str = ""
    idempotency_key: str = ""

    def now(self) -> int:
        return self.clock.timestamp()

    def the(self, kind: type[RecordT], identifier: str, param: str = "id") -> RecordT:
        """Raises Refused with 404."""
        record = self.store.get(kind, identifier)
        if record is None:
            raise not_found(kind.KIND, identifier, param)
        return record

    def show(self, record: Record) -> Body:
        return rendering.render(record, self.base_url)

    def keep(self, record: Record) -> Body:
        self.store.put(record)
        return self.show(record)

    def announce(self, event_type: str, record: Record) -> None:
        """Keeps the event and one delivery for each endpoint that wants it, in the request's transaction."""
        snapshot = json.dumps(rendering.render(record, self.base_url))
        event = Event(new_id("evt"), self.now(), event_type, snapshot, self.request_id, self.idempotency_key)
        self.store.put(event)
        for endpoint in self.store.every(WebhookEndpoint):
            if endpoint.status == "enabled" and not {ALL_EVENTS, event_type}.isdisjoint(endpoint.enabled_events):
                self.store.database.execute(
                    "INSERT INTO deliveries (event_id, endpoint_id) VALUES (?, ?)", (event.id, endpoint.id)
                )

    def listed(self, kind: type[RecordT], url: str, *, customer: str = "", parent: str = "") -> Body:
        """The page that the form asks for."""
        limit = self.form.integer("limit") or LIMIT_DEFAULT
        if not 1 <= limit <= LIMIT_MAX:
            raise Refused(f"Invalid limit: must be between 1 and {LIMIT_MAX}", param="limit")
        page = Page(
            limit,
            customer=customer,
            parent=parent,
            created=_created(self.form),
            starting_after=self.form.text("starting_after"),
            ending_before=self.form.text("ending_before"),
        )
        records, more = self.store.page(kind, page)
        data = [rendering.render(record, self.base_url) for record in records]
        return {"object": "list", "url": url, "has_more": more, "data": data}


def _created(form: Form) -> dict[str, int]:
    """`created=1700000000` or `created[gte]=...`"""
    if isinstance(form.tree.get("created"), str):
        moment = form.integer("created") or 0
        return {"gte": moment, "lte": moment}
    bounds = form.nested("created").only(("gt", "gte", "lt", "lte"))
    return {name: bounds.integer(name) or 0 for name in bounds.tree}
