"""A mark alone proves nothing: what must pass, where it must stand, and what must have been seen."""

import json
from dataclasses import dataclass

import pytest
from saldo_testkit.recorder import Recorder

CATALOGUE = """
| Producer | Events |
|---|---|
| payments | PaymentSucceeded, PaymentFailed, PaymentMethodSubmitted |
| invoicing | PaymentApplied, BalanceChanged |

| Id | Requirement | Owner | Event(s) | Choice | Source |
|---|---|---|---|---|---|
| PAY-01 | A payment is applied. | payments (invoicing applies) | PaymentSucceeded → PaymentApplied | - | x |
| PAY-02 | Nothing is kept. | payments | PaymentSucceeded only; never PaymentMethodSubmitted | - | x |
| INV-01 | The balance stands still. | invoicing | PaymentFailed → no BalanceChanged | - | x |
| INV-02 | It can be read. | invoicing | read only | - | x |
| C-01 | A choice is no requirement. | - | - |
"""

INI = """
[pytest]
asyncio_default_fixture_loop_scope = session
addopts = --import-mode=importlib -p saldo_testkit.requirements_plugin
"""

APPLIED = """
recorder.saw_event("PaymentSucceeded", "a1")
recorder.saw_event("PaymentApplied", "a1")
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind."""

    exit_code: int
    output: str
    proven: list[str]
    missing: dict[str, list[str]]


class Project:
    """A small repository with a catalogue of four rows and as many tests as are written into it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        pytester.mkdir("docs").joinpath("requirements.md").write_text(CATALOGUE)
        pytester.makeini(INI)

    def test(self, place: str, *rows: str, body: str, decorator: str = "") -> None:
        lines = "\n    ".join(body.strip().splitlines())
        path = self._pytester.path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "import pytest\n"
            "from saldo_testkit.recorder import recorder\n\n"
            f"{decorator}\n"
            f"@pytest.mark.requirement({', '.join(map(repr, rows))})\n"
            f"def test_it():\n    {lines}\n"
        )

    def run(self, *arguments: str) -> Outcome:
        result = self._pytester.runpytest_inprocess("--requirements-report=build/r.json", *arguments)
        path = self._pytester.path / "build/r.json"
        rows = json.loads(path.read_text())["rows"] if path.exists() else {}
        return Outcome(
            exit_code=int(result.ret),
            output=result.stdout.str() + result.stderr.str(),
            proven=[row for row, entry in rows.items() if entry["proven_by"]],
            missing={row: [m for a in entry["open"] for m in a["missing"]] for row, entry in rows.items()},
        )


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester)


@pytest.mark.parametrize("folder", ["services/x/tests/component", "tests/flows", "tests/e2e"])
def test_a_passed_test_whose_events_were_seen_proves_its_row(project: Project, folder: str) -> None:
    project.test(f"{folder}/test_it.py", "PAY-01", body=APPLIED)
    outcome = project.run()
    assert outcome.proven == ["PAY-01"]
    assert "requirements proven: 1 of 4" in outcome.output


def test_a_mark_without_the_events_proves_nothing(project: Project) -> None:
    project.test("tests/flows/test_it.py", "PAY-01", body='recorder.saw_event("PaymentSucceeded", "a1")')
    outcome = project.run()
    assert outcome.proven == []
    assert outcome.missing["PAY-01"] == ["not seen: PaymentApplied"]


def test_events_of_two_accounts_do_not_add_up(project: Project) -> None:
    project.test(
        "tests/flows/test_it.py", "PAY-01", body=APPLIED.replace('"PaymentApplied", "a1"', '"PaymentApplied", "a2"')
    )
    assert project.run().proven == []


def test_a_unit_test_may_carry_the_mark_and_does_not_count(project: Project) -> None:
    project.test("services/x/tests/unit/test_it.py", "PAY-01", body=APPLIED)
    outcome = project.run()
    assert outcome.exit_code == 0
    assert outcome.proven == []


@pytest.mark.parametrize(
    ("body", "decorator"),
    [
        (APPLIED + "assert False", ""),
        (APPLIED + "pytest.skip('no')", ""),
        (APPLIED + "assert False", "@pytest.mark.xfail"),
        (APPLIED, "@pytest.mark.xfail"),
        (APPLIED, "@pytest.mark.skip(reason='no')"),
    ],
    ids=["failed", "skipped inside", "expected to fail", "passed against expectation", "skipped"],
)
def test_only_a_plain_pass_counts(project: Project, body: str, decorator: str) -> None:
    project.test("tests/flows/test_it.py", "PAY-01", body=body, decorator=decorator)
    outcome = project.run()
    assert outcome.proven == []
    assert outcome.missing["PAY-01"] == ["did not pass"]


def test_a_failing_fixture_takes_the_proof_away(project: Project, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\n@pytest.fixture(autouse=True)\ndef books():\n    yield\n    assert False, 'unbalanced'"
    )
    project.test("tests/flows/test_it.py", "PAY-01", body=APPLIED)
    assert project.run().proven == []


def test_what_is_forbidden_may_stand_in_the_arrangement_only(project: Project) -> None:
    arranged = 'recorder.saw_event("PaymentMethodSubmitted", "a1")\nrecorder.arranged()\n' + APPLIED
    project.test("tests/flows/test_arranged.py", "PAY-02", body=arranged)
    assert project.run().proven == ["PAY-02"]


def test_what_is_forbidden_takes_the_proof_away(project: Project) -> None:
    project.test(
        "tests/flows/test_it.py", "PAY-02", body=APPLIED + 'recorder.saw_event("PaymentMethodSubmitted", "a1")'
    )
    assert project.run().missing["PAY-02"] == ["seen, though forbidden: PaymentMethodSubmitted"]


def test_after_an_arrow_only_what_follows_is_forbidden(project: Project) -> None:
    before = 'recorder.saw_event("BalanceChanged", "a1")\nrecorder.saw_event("PaymentFailed", "a1")'
    project.test("tests/flows/test_it.py", "INV-01", body=before)
    assert project.run().proven == ["INV-01"]
    project.test("tests/flows/test_it.py", "INV-01", body=before + '\nrecorder.saw_event("BalanceChanged", "a1")')
    assert project.run().proven == []


def test_order_is_the_producers_clock_not_arrival(project: Project) -> None:
    late = """
recorder.saw_event("PaymentFailed", "a1", recorded_at="2026-01-01T00:00:02Z")
recorder.saw_event("BalanceChanged", "a1", recorded_at="2026-01-01T00:00:01Z")
"""
    project.test("tests/flows/test_it.py", "INV-01", body=late)
    assert project.run().proven == ["INV-01"]


def test_a_row_without_events_asks_for_a_request_and_an_assertion(project: Project) -> None:
    request = 'recorder.saw_request("GET", "/v1/invoices", 200)\n'
    project.test("tests/flows/test_it.py", "INV-02", body=request + "assert True")
    assert project.run().proven == ["INV-02"]
    project.test("tests/flows/test_it.py", "INV-02", body=request)
    assert project.run().missing["INV-02"] == ["the test asserts nothing"]
    project.test("tests/flows/test_it.py", "INV-02", body="assert True")
    assert project.run().missing["INV-02"] == ["the test made no HTTP request"]


def test_a_request_of_a_fixture_is_not_the_tests_own(project: Project, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        "import pytest\nfrom saldo_testkit.recorder import recorder\n"
        "@pytest.fixture(autouse=True)\ndef account():\n    recorder.saw_request('POST', '/v1/accounts', 201)\n"
    )
    project.test("tests/flows/test_it.py", "INV-02", body="assert True")
    assert project.run().proven == []


def test_a_strange_id_stops_the_collection(project: Project) -> None:
    project.test("tests/flows/test_it.py", "PAY-99", body=APPLIED)
    outcome = project.run()
    assert outcome.exit_code == pytest.ExitCode.USAGE_ERROR
    assert "no requirement 'PAY-99'" in outcome.output


def test_more_than_five_rows_on_one_test_stop_the_collection(project: Project) -> None:
    project.test("tests/flows/test_it.py", *(f"PAY-{number:02}" for number in range(6)), body=APPLIED)
    outcome = project.run()
    assert outcome.exit_code == pytest.ExitCode.USAGE_ERROR
    assert "one test proves at most 5 rows, this one names 6" in outcome.output


def test_a_deselected_test_is_checked_too(project: Project) -> None:
    project.test("tests/flows/test_it.py", "PAY-99", body=APPLIED)
    assert project.run("-k", "nothing").exit_code == pytest.ExitCode.USAGE_ERROR


def test_what_arrives_between_two_tests_proves_neither() -> None:
    recorder = Recorder()
    recorder.saw_event("PaymentApplied", "a1")
    recorder.open_page()
    recorder.saw_event("PaymentSucceeded", "a1")
    assert [seen.name for seen in recorder.close_page().events] == ["PaymentSucceeded"]
    assert recorder.close_page().events == []


def test_a_run_without_the_option_leaves_the_last_report_alone(project: Project, pytester: pytest.Pytester) -> None:
    project.test("tests/flows/test_it.py", "PAY-01", body=APPLIED)
    pytester.runpytest_inprocess()
    assert not (pytester.path / "build").exists()


def test_a_run_spread_over_processes_proves_the_same(project: Project) -> None:
    project.test("tests/flows/test_one.py", "PAY-01", body=APPLIED)
    project.test("tests/flows/test_two.py", "INV-02", body="assert True")
    outcome = project.run("-n", "2", "--dist", "loadfile")
    assert outcome.proven == ["PAY-01"]
    assert outcome.missing["INV-02"] == ["the test made no HTTP request"]
    assert "requirements proven: 1 of 4" in outcome.output


def test_a_strange_id_fails_a_spread_run_too(project: Project) -> None:
    project.test("tests/flows/test_one.py", "PAY-99", body=APPLIED)
    outcome = project.run("-n", "2")
    assert outcome.exit_code != 0
    assert "no requirement 'PAY-99'" in outcome.output
