"""The requirement rows of docs/requirements.md, with the changes the architecture made to their owners and events."""

import re
from dataclasses import dataclass

from saldo_testkit.requirements_reading import Reading, read_events

ROW = re.compile(r"^\| (?P<id>(?!C-)[A-Z]+-\d+) \|")
CELL = re.compile(r"(?<!\\)\|")
EVENT_NAME = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")
VOCABULARY_OWNERS = ("payments", "invoicing", "subscriptions", "notifications", "portal")

# architecture.md, section 1: usage is rated and proration computed in subscriptions, which alone knows prices.
MOVED_TO_SUBSCRIPTIONS = frozenset(
    ["IBM-08", "IBM-22", "ZOOM-05", "ZOOM-18"]
    + [f"GOTO-{number}" for number in (139, 140, 144, *range(148, 167), 177, 180)]
)


class UnreadableCatalogue(Exception):
    """A row or an event name of docs/requirements.md cannot be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row: who owes it, what it asks, and what must be seen for it to be proven."""

    id: str
    text: str
    owner: str
    reading: Reading


def read_catalogue(markdown: str) -> dict[str, Requirement]:
    """Every row by its id, in document order; UnreadableCatalogue on an id met twice or a strange event."""
    vocabulary = _vocabulary(markdown)
    rows: dict[str, Requirement] = {}
    for line in markdown.splitlines():
        if not ROW.match(line):
            continue
        cells = [cell.strip() for cell in CELL.split(line)[1:-1]]
        if len(cells) != 6:
            raise UnreadableCatalogue(f"{cells[0]}: six cells expected, {len(cells)} found")
        requirement = _requirement(cells, vocabulary)
        if requirement.id in rows:
            raise UnreadableCatalogue(f"{requirement.id} stands twice")
        rows[requirement.id] = requirement
    if not rows:
        raise UnreadableCatalogue("no requirement row found")
    return rows


def _requirement(cells: list[str], vocabulary: frozenset[str]) -> Requirement:
    row_id, text, owner, events = cells[:4]
    strangers = set(EVENT_NAME.findall(re.sub(r"\([^)]*\)", "", events))) - vocabulary
    if strangers:
        raise UnreadableCatalogue(f"{row_id}: no such event: {', '.join(sorted(strangers))}")
    owner = "subscriptions" if row_id in MOVED_TO_SUBSCRIPTIONS else owner.split(" (")[0]
    return Requirement(row_id, text, owner, read_events(row_id, events))


def _vocabulary(markdown: str) -> frozenset[str]:
    names: set[str] = set()
    for line in markdown.splitlines():
        if any(line.startswith(f"| {owner} | ") for owner in VOCABULARY_OWNERS):
            names.update(EVENT_NAME.findall(line))
    return frozenset(names)
