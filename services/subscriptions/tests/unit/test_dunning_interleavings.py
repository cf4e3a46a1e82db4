"""Every interleaving of pay, partial, credit, order, override, late and old news and the clock, in a small world."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from saldo_subscriptions.domain.suspension import SUSPENSION_TABLE, ServiceState

from services.subscriptions.tests.unit.dunning_world import DunningWorld

STARTS = {
    "ordered": ((), ServiceState.ACTIVE),
    "suspended": (("clock", "deliver", "deliver", "clock"), ServiceState.SUSPENDED),
    "cancelled": (
        ("clock", "deliver", "deliver", "clock", "clock", "deliver", "clock", "deliver", "clock", "deliver"),
        ServiceState.CANCELLED_NON_PAYMENT,
    ),
}
STEPS_MAX = {"ordered": 4, "suspended": 5, "cancelled": 5}  # some 2,500 worlds in about five seconds
STEPS_MAX_SLOW = 6  # some 18,000 worlds
NAMES = ("clock", "deliver", "pay all", "pay a cent", "pay the oldest", "order", "override", "old news")
WAYS = {(state, move.to) for state, row in SUSPENSION_TABLE.items() for move in row.values() if move.to is not state}


def take(world: DunningWorld, name: str) -> None:
    """One step, if it can be taken now."""
    step = world.steps().get(name)
    if step is not None:
        step()


def explore(world: DunningWorld, steps_max: int) -> int:
    """Breadth first over all stories; worlds with the same future are visited once. Returns how many were."""
    visited = {world.fingerprint()}
    frontier = deque([(world, list[str]())])
    while frontier:
        here, story = frontier.popleft()
        check(here, story)
        if len(story) == steps_max:
            continue
        for name in here.steps():
            there = here.fork()
            take(there, name)
            mark = there.fingerprint()
            if mark not in visited:
                visited.add(mark)
                frontier.append((there, [*story, name]))
    return len(visited)


def check(world: DunningWorld, story: list[str]) -> None:
    """What must hold now and at rest; a fault is told with the story that led to it."""
    try:
        world.check_always()
        world.check_at_rest()
    except AssertionError as fault:
        fault.add_note(f"story: {', '.join(story)}")
        raise


def begin(start: str) -> DunningWorld:
    """A world in one of the states that stories start from."""
    world = DunningWorld.begin()
    names, state = STARTS[start]
    for name in names:
        take(world, name)
    assert world.house.standing.state is state
    return world


def test_every_short_story_keeps_the_promises_and_every_way_of_the_table_is_taken() -> None:
    taken: set[tuple[ServiceState, ServiceState]] = set()
    for start, steps_max in STEPS_MAX.items():
        world = begin(start)
        assert explore(world, steps_max) > steps_max
        taken |= world.edges
    assert taken == WAYS


@pytest.mark.slow("visits some 18,000 worlds, which takes the better part of a minute")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("start", sorted(STARTS))
def test_every_story_of_six_steps_keeps_the_promises(start: str) -> None:
    world = begin(start)
    explore(world, STEPS_MAX_SLOW)
    assert world.edges <= WAYS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(NAMES), max_size=30))
def test_long_stories_keep_the_promises(names: list[str]) -> None:
    world = DunningWorld.begin()
    for position, name in enumerate(names):
        take(world, name)
        check(world, names[: position + 1])
    assert world.edges <= WAYS
