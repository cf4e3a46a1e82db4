"""A figure: what was measured, beside what it is compared with; and the file that keeps the last of each."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

RESULTS = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The median of the runs; `yardstick` names and gives what it is held against, `ratio` is value over yardstick.

    `runs` are the single values in the order they were taken, `notes` what else was measured (name -> value, unit last
    in the name).
    """

    value: float
    unit: str
    yardstick: Mapping[str, float]
    ratio: float | None
    runs: Sequence[float]
    notes: Mapping[str, float | str]

    @classmethod
    def of(
        cls,
        runs: Sequence[float],
        unit: str,
        *,
        beside: Mapping[str, Sequence[float]] | None = None,
        notes: Mapping[str, float | str] | None = None,
    ) -> Self:
        """Medians of the runs and of each yardstick's; the ratio is to the yardstick named first."""
        medians = {name: round(statistics.median(values), 2) for name, values in (beside or {}).items()}
        value = statistics.median(runs)
        first = next(iter(medians.values()), None)
        return cls(
            value=round(value, 2),
            unit=unit,
            yardstick=medians,
            ratio=round(value / first, 2) if first else None,
            runs=[round(run, 2) for run in runs],
            notes=dict(notes or {}),
        )

    def as_json(self) -> dict[str, Any]:
        """The shape of the results file."""
        return {
            "value": self.value,
            "unit": self.unit,
            "yardstick": dict(self.yardstick),
            "ratio": self.ratio,
            "runs": list(self.runs),
            "notes": dict(self.notes),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """The figure of a results file."""
        return cls(**found)


def median_notes(runs: Sequence[Mapping[str, float]]) -> dict[str, float | str]:
    """The median of each note that every run took."""
    names = [name for name in runs[0] if all(name in run for run in runs)] if runs else []
    return {name: round(statistics.median([run[name] for run in runs]), 3) for name in names}


def merge(figures: Mapping[str, Figure], machine: Mapping[str, str], file: Path = RESULTS) -> dict[str, Figure]:
    """Write these figures over those of the same name and keep the others; all that stand there now.

    Each figure keeps the machine and the versions it was measured with.
    """
    kept: dict[str, Any] = json.loads(file.read_text())["figures"] if file.exists() else {}
    kept |= {name: figure.as_json() | {"machine": dict(machine)} for name, figure in figures.items()}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"figures": kept}, indent=2, sort_keys=True) + "\n")
    return {
        name: Figure.from_json({key: value for key, value in found.items() if key != "machine"})
        for name, found in kept.items()
    }
