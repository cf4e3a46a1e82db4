"""Each sentence of the invariants is seen to break: a fault that nobody has seen named is not looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from saldo_contracts import events as facts
from saldo_contracts.event import Event
from saldo_contracts.examples import example_envelope, example_of
from saldo_local.invariants.books import (
    InvoiceCopy,
    balances_agree,
    no_fact_was_applied_twice,
    open_amounts_agree,
    the_ledger_is_zero,
)
from saldo_local.invariants.mails import Notice, mails_are_facts
from saldo_local.invariants.money import money_in_is_money_applied
from saldo_local.invariants.statements import nothing_is_left
from saldo_local.invariants.streams import a_repeat_is_the_same_event, versions_never_fall
from saldo_local.invariants.told import Read


def told(kind: type[Event], *, offset: int = 0, partition: int = 0, **changed: object) -> Read:
    """An example event as it stands on its topic; `changed` are fields of its envelope."""
    envelope = replace(example_envelope(kind), **changed)  # type: ignore[arg-type]  # tests name real fields
    return Read(f"billing.{kind.owner}.v1", partition, offset, envelope, example_of(kind))


SUCCEEDED: Final = told(facts.PaymentSucceeded)
APPLIED: Final = told(facts.PaymentApplied)
ISSUED: Final = told(facts.InvoiceIssued)


def charge(event: Event) -> Mapping[str, Any]:
    assert isinstance(event, facts.PaymentSucceeded)
    return {
        "metadata": {"payment_id": event.payment_id},
        "amount_captured": event.amount.minor_units,
        "currency": event.amount.currency.lower(),
    }


def applied_of(event: Event) -> Read:
    """The payment of this success, as invoicing tells that it is in the books."""
    assert isinstance(event, facts.PaymentSucceeded) and isinstance(APPLIED.event, facts.PaymentApplied)
    same = APPLIED.event.model_copy(update={"payment_id": event.payment_id, "amount": event.amount})
    return replace(APPLIED, event=same)


def test_a_repeat_is_no_fault_and_another_content_under_its_id_is() -> None:
    again = replace(SUCCEEDED, offset=7)
    assert list(a_repeat_is_the_same_event([SUCCEEDED, again])) == []
    other = replace(again, event=applied_of(SUCCEEDED.event).event)
    assert list(a_repeat_is_the_same_event([SUCCEEDED, other])) == [
        f"{SUCCEEDED.envelope.id} stands for two different facts"
    ]


def test_the_same_fact_under_two_ids_is_named() -> None:
    twin = told(facts.PaymentSucceeded, offset=1, id="0190b0a0-0000-7000-8000-000000000001")
    assert list(a_repeat_is_the_same_event([SUCCEEDED, twin])) == [
        f"PaymentSucceeded {SUCCEEDED.event.subject} was told 2 times under different ids"
    ]


def test_a_version_that_falls_and_an_account_on_two_partitions_are_named() -> None:
    later = told(facts.InvoiceIssued, sequence=9)
    earlier = told(facts.InvoiceIssued, sequence=8, offset=1, partition=1, id="0190b0a0-0000-7000-8000-000000000002")
    faults = list(versions_never_fall([later, earlier]))
    assert [fault.partition(" ")[0] for fault in faults] == ["InvoiceIssued", later.envelope.partition_key]
    assert list(versions_never_fall([later, replace(later, offset=2)])) == []


def test_money_that_is_not_the_same_everywhere_is_named() -> None:
    charges, booked = [charge(SUCCEEDED.event)], applied_of(SUCCEEDED.event)
    assert list(money_in_is_money_applied(charges, [SUCCEEDED, booked])) == []
    cases: Sequence[tuple[Sequence[Mapping[str, Any]], Sequence[Read], str]] = [
        (charges, [SUCCEEDED], "taken and not applied"),
        (charges, [booked], "taken and not collected"),
        ([], [SUCCEEDED, booked], "collected and not taken"),
        (charges * 2, [SUCCEEDED, booked], "the processor took"),
    ]
    for taken, heard, named in cases:
        assert any(fault.startswith(named) for fault in money_in_is_money_applied(taken, heard)), named


def test_an_offline_payment_needs_no_charge() -> None:
    assert isinstance(SUCCEEDED.event, facts.PaymentSucceeded)
    offline = replace(SUCCEEDED, event=SUCCEEDED.event.model_copy(update={"attempt_id": None}))
    assert list(money_in_is_money_applied([], [offline, applied_of(offline.event)])) == []


@pytest.mark.parametrize(
    ("state", "doubtful", "arrived", "faults"),
    [
        ("sent", 0, 1, 0),
        ("sent", 0, 0, 1),
        ("sent", 0, 2, 1),
        ("sent", 1, 2, 0),
        ("failed", 0, 0, 0),
        ("queued", 0, 0, 1),
    ],
)
def test_a_mail_too_many_or_too_few_is_named(state: str, doubtful: int, arrived: int, faults: int) -> None:
    notice = Notice("n-1", ISSUED.envelope.id, "c-1", "invoice-issued", state, doubtful)
    assert len(list(mails_are_facts([notice], {"n-1": arrived} if arrived else {}, [ISSUED]))) == faults


def test_a_fact_told_to_nobody_or_twice_to_one_is_named() -> None:
    assert list(mails_are_facts([], {}, [ISSUED])) == [f"InvoiceIssued {ISSUED.event.subject} was told to nobody"]
    notices = [Notice(name, ISSUED.envelope.id, "c-1", "invoice-issued", "sent", 0) for name in ("n-1", "n-2")]
    assert list(mails_are_facts(notices, {"n-1": 1, "n-2": 1}, [ISSUED])) == [
        f"{ISSUED.envelope.id} was told 2 times to one"
    ]
    assert list(mails_are_facts([], {"n-9": 1}, [])) == ["mail n-9 is of no notice"]


def test_books_that_differ_are_named() -> None:
    assert list(the_ledger_is_zero([])) == ["invoicing watches nothing"]
    assert list(the_ledger_is_zero([{"statement": "s", "violations": 2}])) == ["s: 2 violations"]
    assert list(balances_agree({"a": 5}, {"a": 5})) == []
    assert list(balances_agree({"a": 5}, {"a": 0})) == ["subscriptions believes that a owes 0, it is 5"]
    assert list(open_amounts_agree({"i": 5}, [InvoiceCopy("i", 4, 1)])) == [
        "payments believes that 4 is open on invoice i, it is 5"
    ]


def test_a_fact_applied_twice_is_named() -> None:
    assert isinstance(ISSUED.event, facts.InvoiceIssued)
    invoice_id = ISSUED.event.invoice_id
    again = replace(ISSUED, offset=1)
    assert list(no_fact_was_applied_twice([InvoiceCopy(invoice_id, 0, 1)], [ISSUED, again])) == []
    (fault,) = no_fact_was_applied_twice([InvoiceCopy(invoice_id, 0, 2)], [ISSUED, again])
    assert "applied more than once" in fault


def test_what_is_left_at_rest_is_named() -> None:
    assert list(nothing_is_left([{"service": "payments", "process": "worker", "outbox": 3, "lag": 0}])) == [
        "payments worker has 3 outbox"
    ]
