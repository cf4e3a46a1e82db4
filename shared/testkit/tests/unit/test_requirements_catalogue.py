"""The real catalogue can be read, row by row, and its unusual cells are read as the plugin's text says."""

from pathlib import Path

import pytest
from saldo_testkit.requirements_catalogue import Requirement, UnreadableCatalogue, read_catalogue
from saldo_testkit.requirements_reading import Clause, Forbidden, Reading, Wanted, read_events

ROWS_OF_THE_CATALOGUE = 298


@pytest.fixture(scope="module")
def markdown(pytestconfig: pytest.Config) -> str:
    path: Path = pytestconfig.rootpath / "docs" / "requirements.md"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(markdown: str) -> dict[str, Requirement]:
    return read_catalogue(markdown)


def one(*names: str, times: int = 1) -> Wanted:
    return Wanted(frozenset(names), times)


def test_every_row_is_read(rows: dict[str, Requirement]) -> None:
    assert len(rows) == ROWS_OF_THE_CATALOGUE


def test_every_row_asks_for_something(rows: dict[str, Requirement]) -> None:
    assert [row for row in rows.values() if not row.reading.clauses and not row.reading.answer] == []


def test_owners_are_the_five_services(rows: dict[str, Requirement]) -> None:
    assert {row.owner for row in rows.values()} == {
        "payments", "invoicing", "subscriptions", "notifications", "portal",
    }  # fmt: skip


def test_rating_rows_moved_to_subscriptions(rows: dict[str, Requirement]) -> None:
    assert {rows[row].owner for row in ("IBM-08", "GOTO-139", "GOTO-148", "GOTO-166", "GOTO-180")} == {"subscriptions"}
    assert rows["GOTO-167"].owner == "invoicing"


@pytest.mark.parametrize(
    ("row", "cell", "reading"),
    [
        (
            "IBM-02",
            "PaymentInitiated → InvoicePaid or InvoicePartiallyPaid",
            Reading((Clause((one("PaymentInitiated"), one("InvoicePaid", "InvoicePartiallyPaid"))),), False, False),
        ),
        (
            "IBM-06",
            "PaymentApplied → BalanceChanged; PaymentFailed → no BalanceChanged",
            Reading(
                (
                    Clause((one("PaymentApplied"), one("BalanceChanged"))),
                    Clause((one("PaymentFailed"),), (Forbidden("BalanceChanged", frozenset({"PaymentFailed"})),)),
                ),
                False,
                False,
            ),
        ),
        (
            "IBM-07",
            "PaymentMethodValidated allows it; PaymentMethodRemoved for the last valid one is refused",
            Reading((Clause((one("PaymentMethodValidated"),)),), True, False),
        ),
        (
            "GOTO-36",
            "PaymentMethodSubmitted refused → PaymentMethodRejected(limit)",
            Reading((Clause((one("PaymentMethodRejected"),)),), False, False),
        ),
        (
            "GOTO-82",
            "SubscriptionCancelled, three InvoiceIssued, then SubscriptionEnded",
            Reading(
                (Clause((one("SubscriptionCancelled"), one("InvoiceIssued", times=3), one("SubscriptionEnded"))),),
                False,
                False,
            ),
        ),
        (
            "SL-27",
            "never PaymentMethodSubmitted or DefaultPaymentMethodChanged",
            Reading(
                (
                    Clause(
                        (),
                        (
                            Forbidden("PaymentMethodSubmitted", frozenset()),
                            Forbidden("DefaultPaymentMethodChanged", frozenset()),
                        ),
                    ),
                ),
                False,
                True,
            ),
        ),
        ("GOTO-47", "BillingActivityLogged", Reading((), False, True)),
        ("GOTO-70", "read only", Reading((), False, True)),
        ("ZOOM-16", "none until confirmation", Reading((), False, True)),
        ("GOTO-162", "UsageRated", Reading((Clause((one("ChargesFinalized"),)),), False, False)),
        (
            "GOTO-144",
            "UsageRecorded before BillingStarted → no UsageRated",
            Reading((Clause((one("UsageRecorded"), one("BillingStarted"))),), False, False),
        ),
        (
            "SL-07",
            "CreditIssued → InvoiceIssued(credit) → BalanceChanged",
            Reading((Clause((one("CreditIssued"), one("BalanceChanged"))),), False, False),
        ),
        (
            "GOTO-193",
            "SupportCaseOpened(AR) → OfflinePaymentRecorded",
            Reading((Clause((one("OfflinePaymentRecorded"),)),), False, False),
        ),
        ("IBM-13", "SupportCaseOpened", Reading((Clause((one("SupportCaseOpened"),)),), False, False)),
    ],
)
def test_a_cell_is_read(row: str, cell: str, reading: Reading, rows: dict[str, Requirement]) -> None:
    assert read_events(row, cell) == reading
    assert row in rows


def test_a_strange_event_name_is_an_error(markdown: str) -> None:
    with pytest.raises(UnreadableCatalogue, match="IBM-20: no such event: PaymentArrived"):
        read_catalogue(markdown.replace("| invoicing | PaymentSucceeded → PaymentApplied → BalanceChanged | - | 001",
                                        "| invoicing | PaymentArrived | - | 001"))  # fmt: skip


def test_a_row_met_twice_is_an_error(markdown: str) -> None:
    line = next(line for line in markdown.splitlines() if line.startswith("| IBM-20 |"))
    with pytest.raises(UnreadableCatalogue, match="IBM-20 stands twice"):
        read_catalogue(f"{markdown}\n{line}\n")
