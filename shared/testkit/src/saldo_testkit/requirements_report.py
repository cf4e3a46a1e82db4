"""Which requirements the last full run proved, by whom, and what was missing where a test tried and did not."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from saldo_testkit.requirements_catalogue import Requirement

REPORT_PATH = Path("build/requirements.json")
LINE_LENGTH = 110


@dataclass(frozen=True, slots=True)
class Attempt:
    """One test that names one row; `missing` is empty when it proved the row."""

    row: str
    test: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowReport:
    """One row: its owner, the tests that proved it, and the attempts that did not."""

    owner: str
    proven_by: tuple[str, ...]
    open_attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of the catalogue, in its order."""

    rows: Mapping[str, RowReport]

    @classmethod
    def of(cls, catalogue: Mapping[str, Requirement], attempts: Iterable[Attempt]) -> "Report":
        by_row: dict[str, list[Attempt]] = {row: [] for row in catalogue}
        for attempt in attempts:
            by_row[attempt.row].append(attempt)
        return cls(
            {
                row: RowReport(
                    owner=catalogue[row].owner,
                    proven_by=tuple(attempt.test for attempt in tried if not attempt.missing),
                    open_attempts=tuple(attempt for attempt in tried if attempt.missing),
                )
                for row, tried in by_row.items()
            }
        )

    @property
    def proven(self) -> list[str]:
        return [row for row, report in self.rows.items() if report.proven_by]

    def last_line(self) -> str:
        return f"requirements proven: {len(self.proven)} of {len(self.rows)}"

    def write(self, path: Path) -> None:
        rows = {
            row: {
                "owner": report.owner,
                "proven_by": report.proven_by,
                "open": [{"test": attempt.test, "missing": attempt.missing} for attempt in report.open_attempts],
            }
            for row, report in self.rows.items()
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"proven": len(self.proven), "of": len(rows), "rows": rows}, indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Report":
        rows = json.loads(path.read_text())["rows"]
        return cls(
            {
                row: RowReport(
                    owner=entry["owner"],
                    proven_by=tuple(entry["proven_by"]),
                    open_attempts=tuple(
                        Attempt(row, attempt["test"], tuple(attempt["missing"])) for attempt in entry["open"]
                    ),
                )
                for row, entry in rows.items()
            }
        )

    def lines(self) -> Iterable[str]:
        """For people: by owner what is proven and what is not, then attempts that fell short, then the sum."""
        for owner in dict.fromkeys(report.owner for report in self.rows.values()):
            own = [row for row, report in self.rows.items() if report.owner == owner]
            proven = [row for row in own if self.rows[row].proven_by]
            yield f"{owner}: {len(proven)} of {len(own)}"
            yield from _wrapped("  proven: ", proven)
            yield from _wrapped("  open:   ", [row for row in own if row not in proven])
        for row, report in self.rows.items():
            if not report.proven_by:
                for attempt in report.open_attempts:
                    yield f"{row} is not proven by {attempt.test}: {'; '.join(attempt.missing)}"
        yield self.last_line()


def main(arguments: Sequence[str]) -> int:
    """Prints the report of the last full run; the path can be given."""
    path = Path(arguments[0]) if arguments else REPORT_PATH
    if not path.exists():
        print(f"{path} is not there: run `make test` or `make test-all` first")
        return 1
    for line in Report.read(path).lines():
        print(line)
    return 0


def _wrapped(label: str, words: Sequence[str]) -> Iterable[str]:
    line = label
    for word in words:
        if len(line) + len(word) > LINE_LENGTH:
            yield line
            line = " " * len(label)
        line += word + " "
    if words:
        yield line.rstrip()
