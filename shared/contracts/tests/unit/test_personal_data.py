"""Names, e-mail addresses, streets and telephone numbers stand on contacts topics and nowhere else."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel
from saldo_contracts.event import EVENTS
from saldo_contracts.events import ContactChanged

DENIED = {
    "name", "surname", "firstname", "lastname", "email", "mail", "street", "address", "city", "town", "phone",
    "telephone", "mobile", "fax", "birth", "birthday", "gender", "iban", "bic", "pan", "cvc", "cvv", "card_number",
    "vat", "passport", "ip", "login", "username", "password", "note", "notes", "comment", "text", "message",
    "body", "subject", "company", "person", "recipient_address",
}  # fmt: skip
# Words that hold a denied one and are nobody's data, each with why.
ALLOWED = {
    "address_fingerprint": "a keyed hash, that nobody without the key can undo",
    "address_matches": "yes or no",
    "credit_note_id": "a document's id",
}


def fields_of(model: type[BaseModel], path: str, seen: frozenset[type[BaseModel]]) -> Iterator[tuple[str, str]]:
    """Every field, those of nested shapes included, as (path, name)."""
    for name, field in model.model_fields.items():
        yield f"{path}.{name}", name
        for nested in nested_models(field.annotation):
            if nested not in seen:
                yield from fields_of(nested, f"{path}.{name}", seen | {nested})


def nested_models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from nested_models(argument)


def personal(name: str) -> bool:
    return name not in ALLOWED and bool(DENIED & {name, *re.split(r"_", name)})


@pytest.mark.requirement("IBM-03")
def test_no_public_event_has_a_field_for_personal_data() -> None:
    public = [event for event in EVENTS.values() if event is not ContactChanged]
    fields = [found for event in public for found in fields_of(event, event.__name__, frozenset())]
    assert [path for path, name in fields if personal(name)] == []


def test_the_deny_list_bites() -> None:
    found = {name for _, name in fields_of(ContactChanged, "ContactChanged", frozenset()) if personal(name)}
    assert found == {"name", "email"}


def test_nested_shapes_are_walked() -> None:
    paths = {path for path, _ in fields_of(EVENTS["billing.charges.finalized.v1"], "ChargesFinalized", frozenset())}
    assert {"ChargesFinalized.lines.amount.minor_units", "ChargesFinalized.lines.service_period.starts_on"} <= paths
