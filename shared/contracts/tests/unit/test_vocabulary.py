"""Every event the requirements name is a class, or is on the list of those that are not built, with the reason."""

import re
from pathlib import Path

from saldo_contracts.catalogue import CATALOGUE, NOT_BUILT

REQUIREMENTS = Path(__file__).parents[4] / "docs" / "requirements.md"
EVENT_NAME = re.compile(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b")
# Words of the event columns that look like events and are companies or methods.
NO_EVENTS = {"PayPal"}


def vocabulary() -> list[str]:
    section = REQUIREMENTS.read_text(encoding="utf-8").split("## Event vocabulary")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| Producer")]
    return sorted({name for row in rows for name in EVENT_NAME.findall(row)})


def event_columns() -> list[str]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    cells = [line.split(" | ")[3] for line in lines if re.match(r"\| (IBM|ZOOM|GOTO|SL)-\d+ \|", line)]
    assert len(cells) == 298
    return sorted({name for cell in cells for name in EVENT_NAME.findall(cell)} - NO_EVENTS)


def scenario_events() -> list[str]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.startswith("- Events:")]
    assert len(told) == 40
    return sorted({name for line in told for name in EVENT_NAME.findall(line)} - NO_EVENTS)


def test_a_named_event_is_a_class_or_known_not_to_be_built() -> None:
    named = {*vocabulary(), *event_columns(), *scenario_events()}
    assert sorted(name for name in named if (name in CATALOGUE) == (name in NOT_BUILT)) == []


# What the design adds to the vocabulary, each with its owner (None: every service under its own name).
ADDED = {
    "AccountOpened": "invoicing",
    "InvoiceReopened": "invoicing",
    "QuoteTaxesEstimated": "invoicing",
    "ChargesFinalized": "subscriptions",
    "UpcomingChargesEstimated": "subscriptions",
    "TermsAccepted": "subscriptions",
    "RefundFailed": "payments",
    "PaymentReversed": "payments",
    "PaymentDisputed": "payments",
    "PaymentDisputeClosed": "payments",
    "PaymentMethodExpired": "payments",
    "UsageReported": "producers",
    "ContactChanged": None,
    "ContactErased": None,
    "DataErased": None,
    "AccessDenied": None,
}


def test_what_the_design_adds_is_there_under_its_owner() -> None:
    assert {name: CATALOGUE[name].event.owner for name in ADDED} == ADDED


def test_nothing_is_told_that_nobody_named() -> None:
    assert set(CATALOGUE) == {*vocabulary(), *ADDED} - set(NOT_BUILT)


def test_the_vocabulary_was_read() -> None:
    assert len(vocabulary()) > 80


def test_what_is_not_built_is_named_by_the_requirements() -> None:
    assert set(NOT_BUILT) <= set(vocabulary())
