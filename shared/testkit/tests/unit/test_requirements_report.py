"""The printed report says by owner what is proven, what is open and why, and ends with the sum."""

from pathlib import Path

import pytest
from saldo_testkit.requirements_catalogue import Requirement
from saldo_testkit.requirements_reading import read_events
from saldo_testkit.requirements_report import Attempt, Report, main

CATALOGUE = {
    "PAY-01": Requirement("PAY-01", "A payment is applied.", "payments", read_events("PAY-01", "PaymentApplied")),
    "INV-01": Requirement("INV-01", "It can be read.", "invoicing", read_events("INV-01", "none")),
}
REPORT = Report.of(
    CATALOGUE,
    [
        Attempt("PAY-01", "tests/flows/test_a.py::test_a", ()),
        Attempt("INV-01", "tests/flows/test_b.py::test_b", ("the test made no HTTP request",)),
    ],
)


def test_the_report_ends_with_the_sum(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "build" / "requirements.json"
    REPORT.write(path)
    assert main([str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "payments: 1 of 1",
        "  proven: PAY-01",
        "invoicing: 0 of 1",
        "  open:   INV-01",
        "INV-01 is not proven by tests/flows/test_b.py::test_b: the test made no HTTP request",
        "requirements proven: 1 of 2",
    ]


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    REPORT.write(tmp_path / "r.json")
    assert Report.read(tmp_path / "r.json") == REPORT


def test_without_a_run_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json")]) == 1
    assert "run `make test`" in capsys.readouterr().out
