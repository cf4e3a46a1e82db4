"""The table of docs/metrics.md, read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
COLUMNS = 7
SECONDS = "s"
RARELY = "rarely"


@dataclass(frozen=True, slots=True)
class Documented:
    """A row of the table; `who` are its words in order."""

    name: str
    kind: str
    unit: str
    attributes: frozenset[str]
    who: Sequence[str]

    @property
    def rarely(self) -> bool:
        return RARELY in self.who

    def told_by(self, service: str, process: str) -> bool:
        """Whether this process tells it: `api`, `payments worker` or `payments` stand in the column."""
        return any(set(one.split()) <= {service, process} for one in self.who)

    @property
    def prometheus_names(self) -> frozenset[str]:
        """As a collector that translates OpenTelemetry's names writes them."""
        name = self.name.replace(".", "_") + ("_seconds" if self.unit == SECONDS else "")
        match self.kind:
            case "counter":
                return frozenset({f"{name}_total"})
            case "histogram":
                return frozenset({f"{name}_bucket", f"{name}_sum", f"{name}_count"})
            case _:
                return frozenset({name})


def documented(page: Path = PAGE) -> Mapping[str, Documented]:
    """The rows by name; fails on a name given twice."""
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    table = [_row(cells) for cells in rows]
    by_name = {row.name: row for row in table}
    assert len(by_name) == len(table), "a metric stands twice in the table"
    return by_name


def _row(cells: Sequence[str]) -> Documented:
    assert len(cells) == COLUMNS, cells
    name, kind, unit, attributes, who, means, _ = cells
    assert means, f"{name} has no meaning"
    return Documented(
        name=name.strip("`"),
        kind=kind,
        unit=unit.strip("`"),
        attributes=frozenset(re.findall(r"`([^`]+)`", attributes)),
        who=[one.strip() for one in who.split(",")],
    )
