"""A requirement row is proven by a test that passed and by what was seen while it ran, never by its mark alone.

`@pytest.mark.requirement("IBM-02", "IBM-16")` says that a test proves rows of docs/requirements.md. A row counts as
proven when a test so marked passed (its fixtures too) under component/, flows/ or e2e/, and the recorder saw what the
row's Events cell asks for, as saldo_testkit.requirements_reading reads it. Unit tests may carry the mark as a pointer
and do not count. A strange id, or more than five rows on one test, stops the collection.

Fixtures feed the recorder: `saldo_testkit.recorder.recorder`, or the fixture `requirement_recorder`, or
`config.stash[RECORDER]`. With `--requirements-report=FILE` a run writes what it proved; a run that was broken off does
not. Where pytest-xdist spreads a run over processes, each hands its attempts to the one that writes the report.
"""

import ast
import inspect
import textwrap
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from saldo_testkit.recorder import Evidence, Recorder, recorder
from saldo_testkit.requirements_catalogue import Requirement, read_catalogue
from saldo_testkit.requirements_proof import what_is_missing
from saldo_testkit.requirements_report import Attempt, Report

ROWS_PER_TEST_MAX = 5  # a test that proves more is a tour, and when it fails nobody can say what broke
PROVING_FOLDERS = frozenset({"component", "flows", "e2e"})
RECORDER = pytest.StashKey[Recorder]()
MARK = "requirement"
HANDED_OVER = "saldo_requirement_attempts"  # in what a worker process of pytest-xdist gives back


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--requirements-report", metavar="FILE", help="write which requirements this run proved")
    parser.addini("requirements_catalogue", "the requirement rows", default="docs/requirements.md")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*ids): the requirement rows this test proves (docs/requirements.md)")
    config.stash[RECORDER] = recorder
    config.pluginmanager.register(Ledger(config), "saldo-requirements")


@pytest.fixture(scope="session")
def requirement_recorder(pytestconfig: pytest.Config) -> Recorder:
    """Where fixtures tell what they saw on the real broker and over HTTP."""
    return pytestconfig.stash[RECORDER]


@dataclass(slots=True)
class Running:
    """The test that runs now and whether everything until now passed."""

    rows: tuple[str, ...]
    passed: bool = True
    called: bool = False
    missing: dict[str, list[str]] = field(default_factory=dict)


class Ledger:
    """Holds every marked test against its rows, from collection to the report."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._catalogue: dict[str, Requirement] | None = None
        self._attempts: list[Attempt] = []
        self._running: Running | None = None
        self._strange = ""

    @property
    def catalogue(self) -> dict[str, Requirement]:
        """Read at the first mark, so that a run without marks needs no catalogue."""
        if self._catalogue is None:
            path = self._config.rootpath / self._config.getini("requirements_catalogue")
            self._catalogue = read_catalogue(path.read_text(encoding="utf-8"))
        return self._catalogue

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Before any deselection, so that a slow test's mark is checked in every run."""
        self._strange = "\n".join(f"{item.nodeid}: {fault}" for item in items for fault in self._faults(rows_of(item)))
        if self._strange and not self._is_worker:
            raise pytest.UsageError(self._strange)

    @property
    def _is_worker(self) -> bool:
        """A process of pytest-xdist, which hangs up without a word on an error of its collection."""
        return hasattr(self._config, "workeroutput")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """What would have stopped the collection fails every test of a worker process instead."""
        if self._strange:
            pytest.fail(self._strange, pytrace=False)

    def _faults(self, rows: tuple[str, ...]) -> Iterator[str]:
        if len(rows) > ROWS_PER_TEST_MAX:
            yield f"one test proves at most {ROWS_PER_TEST_MAX} rows, this one names {len(rows)}"
        for row in rows:
            if row not in self.catalogue:
                yield f"no requirement {row!r}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        rows = rows_of(item)
        self._running = Running(rows)
        recorder.open_page()
        try:
            return (yield)
        finally:
            evidence = recorder.close_page()
            if rows and not self._strange:
                self._attempts += self._judge(item, self._running, evidence)
            self._running = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        recorder.calling(now=True)
        try:
            return (yield)
        finally:
            recorder.calling(now=False)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._running is not None:
            self._running.passed = (
                self._running.passed and report.outcome == "passed" and not hasattr(report, "wasxfail")
            )
            self._running.called = self._running.called or report.when == "call"

    def _judge(self, item: pytest.Item, running: Running, evidence: Evidence) -> Iterator[Attempt]:
        place = (
            item.path.relative_to(self._config.rootpath)
            if item.path.is_relative_to(self._config.rootpath)
            else item.path
        )
        for row in running.rows:
            if not PROVING_FOLDERS.intersection(place.parts[:-1]):
                missing = [f"stands outside {', '.join(sorted(PROVING_FOLDERS))}"]
            elif not (running.passed and running.called):
                missing = ["did not pass"]
            else:
                missing = what_is_missing(self.catalogue[row].reading, evidence, asserts=asserts_something(item))
            yield Attempt(row, item.nodeid, tuple(missing))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker process ended; what it gives back is plain lists. One that crashed gives nothing back."""
        handed_over = getattr(node, "workeroutput", {}).get(HANDED_OVER, ())
        self._attempts += [Attempt(row, test, tuple(missing)) for row, test, missing in handed_over]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self._is_worker:
            output: dict[str, object] = getattr(self._config, "workeroutput", {})
            output[HANDED_OVER] = [(one.row, one.test, one.missing) for one in self._attempts]
            return
        target: str | None = self._config.getoption("--requirements-report")
        if target and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            Report.of(self.catalogue, self._attempts).write(Path(target))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._config.getoption("--requirements-report"):
            terminalreporter.write_line(Report.of(self.catalogue, self._attempts).last_line())


def rows_of(item: pytest.Item) -> tuple[str, ...]:
    """The ids of all requirement marks of a test, each once."""
    ids = [str(row) for mark in item.iter_markers(MARK) for row in mark.args]
    return tuple(dict.fromkeys(ids))


def asserts_something(item: pytest.Item) -> bool:
    """Whether the test's own lines hold an `assert` or a `pytest.raises`."""
    if not isinstance(item, pytest.Function):
        return False
    tree = ast.parse(textwrap.dedent(inspect.getsource(item.function)))
    return any(
        isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr == "raises")
        for node in ast.walk(tree)
    )
