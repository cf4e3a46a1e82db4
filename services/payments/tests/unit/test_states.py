"""The charts of the README, the words on the wire and the CHECKs of the tables say what the domain says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from saldo_contracts import events as told
from saldo_payments.adapters.stripe_declines import REASONS
from saldo_payments.domain.declines import CONSEQUENCES, Advice, DeclineReason
from saldo_payments.domain.method_states import METHOD_TRANSITIONS, MethodRejection, MethodStatus
from saldo_payments.domain.payment_states import (
    ATTEMPT_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    AttemptStatus,
    PaymentOrigin,
    PaymentStatus,
)

README = Path(__file__).parents[2] / "README.md"


def _edges(chart: str) -> set[tuple[str, str]]:
    return {(a, b) for a, b in re.findall(r"^\s+(\w+) --> (\w+)", chart, re.MULTILINE)}


def test_the_charts_of_the_readme_are_the_tables_the_code_runs() -> None:
    charts = re.findall(r"```mermaid\n(.*?)```", README.read_text(), re.DOTALL)
    payments, methods = (_edges(chart) for chart in charts)
    assert payments == {(a.value, b.value) for a, following in PAYMENT_TRANSITIONS.items() for b in following}
    assert methods == {(a.value, b.value) for a, following in METHOD_TRANSITIONS.items() for b in following}


def test_every_state_has_its_row() -> None:
    assert set(PAYMENT_TRANSITIONS) == set(PaymentStatus)
    assert set(METHOD_TRANSITIONS) == set(MethodStatus)
    assert set(ATTEMPT_TRANSITIONS) == set(AttemptStatus)
    assert set(CONSEQUENCES) == set(DeclineReason)


@pytest.mark.parametrize(
    ("ours", "wire"),
    [
        (DeclineReason, told.DeclineReason),
        (Advice, told.AdviceKey),
        (MethodRejection, told.MethodRejectionReason),
        (PaymentOrigin, told.PaymentOrigin),
        (MethodStatus, told.MethodStatus),
    ],
)
def test_every_word_of_ours_is_one_of_the_wire(ours: type[DeclineReason], wire: type[told.DeclineReason]) -> None:
    assert {member.value for member in ours} <= {member.value for member in wire}


def test_no_code_of_the_processor_is_left_without_a_reason_of_ours() -> None:
    assert set(REASONS.values()) <= set(DeclineReason)
    assert DeclineReason.NO_PAYMENT_METHOD not in REASONS.values()
