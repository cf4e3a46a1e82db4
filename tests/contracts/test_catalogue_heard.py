"""What each service really hears and tells, held against the one table of who tells which fact to whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from saldo_contracts import events
from saldo_contracts.catalogue import heard_by, told_by
from saldo_contracts.event import EVENTS_BY_NAME
from saldo_local.suite import SERVICES

from tests.contracts.catalogue_gaps import NOT_HEARD, NOT_TOLD
from tests.contracts.house import NOWHERE, built

ROOT = Path(__file__).parents[2]
CONTRACTS: Final = ("saldo_contracts.events", "saldo_contracts")


def names(kinds: Iterator[type] | tuple[type, ...]) -> set[str]:
    return {kind.__name__ for kind in kinds}


def really_heard(service: str) -> set[str]:
    """What its bootstrap wires."""
    return {kind.__name__ for kind in built(service, NOWHERE).listens}


def really_told(service: str) -> set[str]:
    """The event classes that its application makes: only there a fact becomes words on the wire."""
    rooms = ROOT / "services" / service / "src" / f"saldo_{service}"
    return {name for file in sorted(rooms.rglob("*.py")) for name in made_in(file.read_text())}


def made_in(source: str) -> Iterator[str]:
    """Names of event classes that are called, by whichever name they were imported."""
    tree = ast.parse(source)
    modules, classes = imported(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in classes:
                yield classes[name]
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules and name in EVENTS_BY_NAME:
                yield name


def imported(tree: ast.Module) -> tuple[set[str], dict[str, str]]:
    """What the file calls the module of events, and what it calls single event classes."""
    modules: set[str] = set()
    classes: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(CONTRACTS):
            for alias in node.names:
                known = alias.asname or alias.name
                if alias.name == "events":
                    modules.add(known)
                elif alias.name in EVENTS_BY_NAME:
                    classes[known] = alias.name
    return modules, classes


def test_a_made_event_is_found_however_it_was_imported() -> None:
    source = (
        "from saldo_contracts import events as told\n"
        "from saldo_contracts.events import InvoicePaid, InvoiceIssued as Issued, PaymentApplied\n"
        "def tell() -> object: return told.ServiceSuspended(), InvoicePaid(), Issued(), isinstance(1, PaymentApplied)\n"
    )
    assert set(made_in(source)) == {"ServiceSuspended", "InvoicePaid", "InvoiceIssued"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_hears_what_the_catalogue_gives_it_and_nothing_else(service: str) -> None:
    heard, given = really_heard(service), names(heard_by(service))
    assert sorted(heard - given) == [], "heard, but not given by the catalogue"
    assert sorted(given - heard) == sorted(NOT_HEARD[service]), "given, but not heard: name it with its reason"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_tells_what_the_catalogue_lets_it_tell_and_nothing_else(service: str) -> None:
    told, given = really_told(service), names(told_by(service))
    assert sorted(told - given) == [], "told, but not the service's to tell"
    assert sorted(given - told) == sorted(NOT_TOLD[service]), (
        "the service's to tell, but never told: name it with its reason"
    )


@pytest.mark.parametrize("gaps", [NOT_HEARD, NOT_TOLD], ids=["heard", "told"])
def test_every_gap_is_an_event_and_has_a_reason(gaps: Mapping[str, Mapping[str, str]]) -> None:
    assert set(gaps) == set(SERVICES)
    for service, missing in gaps.items():
        assert [name for name in missing if name not in EVENTS_BY_NAME] == [], service
        assert all(reason.strip() for reason in missing.values()), service


def test_what_is_heard_of_a_service_that_runs_is_told_by_it() -> None:
    """A listener waits for nobody's word only where its teller is not built yet, and then the gap says so."""
    told = {service: really_told(service) for service in SERVICES}
    for service in SERVICES:
        for name in sorted(really_heard(service)):
            owner = getattr(events, name).owner
            if owner in told and name not in told[owner]:
                assert NOT_TOLD[owner][name], f"{service} hears {name}, which {owner} never tells"
