"""The state table is complete, and the chart in the README is drawn from it."""

from itertools import product
from pathlib import Path

import pytest
from saldo_subscriptions.domain.errors import IllegalTransition
from saldo_subscriptions.domain.suspension import (
    IMPOSSIBLE,
    SUSPENSION_TABLE,
    ServiceState,
    Told,
    Trigger,
    chart,
    move_of,
)

README = Path(__file__).parents[2] / "README.md"


def test_every_pair_of_state_and_trigger_has_a_move_or_a_reason() -> None:
    moves = {(state, trigger) for state, row in SUSPENSION_TABLE.items() for trigger in row}
    assert not moves & IMPOSSIBLE.keys()
    assert moves | IMPOSSIBLE.keys() == set(product(ServiceState, Trigger))


def test_what_is_impossible_raises() -> None:
    for state, trigger in IMPOSSIBLE:
        with pytest.raises(IllegalTransition):
            move_of(state, trigger)


def test_every_state_can_be_entered_and_left() -> None:
    ways = [(state, move.to) for state, row in SUSPENSION_TABLE.items() for move in row.values() if move.to != state]
    assert {left for left, _ in ways} == set(ServiceState)
    assert {entered for _, entered in ways} == set(ServiceState)


def test_suspension_is_told_on_the_one_way_in_and_reactivation_on_every_way_back() -> None:
    for state, row in SUSPENSION_TABLE.items():
        for move in row.values():
            into = move.to is ServiceState.SUSPENDED and state is not ServiceState.SUSPENDED
            back = state is ServiceState.SUSPENDED and move.to in (
                ServiceState.ACTIVE,
                ServiceState.SUSPENSION_SCHEDULED,
            )
            assert (move.tells is Told.SUSPENDED) == into
            assert (move.tells is Told.REACTIVATED) == back


def test_the_readme_shows_the_table_that_runs() -> None:
    assert f"```mermaid\n{chart()}```" in README.read_text(encoding="utf-8")
