"""What is still to be collected when everything under way is taken off."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from saldo_money import Money
from saldo_payments.domain.collectable import collectable
from saldo_payments.domain.invoice_copy import InvoiceCopy
from saldo_payments.domain.payment_states import PaymentOrigin, PaymentStatus

from services.payments.tests.examples import a_payment


def _invoice(name: str, minor_units: int, day: int) -> InvoiceCopy:
    return InvoiceCopy(
        invoice_id=name,
        account_id="account",
        number=name,
        open=Money(minor_units, "EUR"),
        due_date=date(2026, 3, day),
        invoice_version=1,
    )


OLD, NEW = _invoice("old", 6000, 1), _invoice("new", 4000, 2)


def test_a_payment_for_one_invoice_leaves_the_other_alone() -> None:
    left = collectable([NEW, OLD], [a_payment(6000, invoice_id="old")], "EUR")
    assert (left.of("old").minor_units, left.of("new").minor_units, left.total.minor_units) == (0, 4000, 4000)


def test_a_payment_for_no_invoice_is_taken_off_the_oldest_first() -> None:
    left = collectable([NEW, OLD], [a_payment(7000)], "EUR")
    assert (left.of("old").minor_units, left.of("new").minor_units) == (0, 3000)


def test_what_an_invoice_does_not_need_goes_to_the_oldest() -> None:
    left = collectable([NEW, OLD], [a_payment(5000, invoice_id="new", status=PaymentStatus.CHARGING)], "EUR")
    assert (left.of("old").minor_units, left.of("new").minor_units) == (5000, 0)


def test_a_requested_automatic_payment_never_takes_more_than_its_own_invoice() -> None:
    asked = a_payment(5000, invoice_id="new", origin=PaymentOrigin.AUTOPAY)
    assert collectable([NEW, OLD], [asked], "EUR").of("old").minor_units == 6000


def test_an_invoice_that_is_not_open_has_nothing_to_collect() -> None:
    assert collectable([OLD], [], "EUR").of("other").is_zero


@given(
    st.lists(st.integers(1, 10_000), max_size=5),
    st.lists(st.tuples(st.integers(1, 10_000), st.integers(0, 6)), max_size=6),
)
def test_nothing_is_taken_twice_and_nothing_falls_below_zero(opens: list[int], paid: list[tuple[int, int]]) -> None:
    invoices = [_invoice(f"i{number}", amount, number + 1) for number, amount in enumerate(opens)]
    pending = [
        a_payment(amount, invoice_id=f"i{target}" if target < len(opens) else None, status=PaymentStatus.CHARGING)
        for amount, target in paid
    ]
    left = collectable(invoices, pending, "EUR")
    assert all(not amount.is_negative for amount in left.left.values())
    assert left.total.minor_units == max(0, sum(opens) - sum(amount for amount, _ in paid))
