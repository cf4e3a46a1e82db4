"""A member's name: the same after a crash, another one for another replica or for other streams."""

from __future__ import annotations

from saldo_messaging.membership import instance_of, leave, member_of

STREAMS = ["billing.invoicing.v1", "billing.payments.v1"]


def test_a_worker_that_comes_back_has_its_old_name_whatever_the_order_of_its_streams() -> None:
    assert instance_of("notifications", "0", STREAMS) == instance_of("notifications", "0", reversed(STREAMS))


def test_replicas_and_releases_that_hear_more_are_told_apart() -> None:
    names = {
        instance_of("notifications", "0", STREAMS),
        instance_of("notifications", "1", STREAMS),
        instance_of("notifications", "0", [*STREAMS, "billing.subscriptions.v1"]),
    }
    assert len(names) == 3
    assert all(name.startswith("notifications-") for name in names)


def test_a_consumer_that_never_joined_is_nobody() -> None:
    assert member_of(None) == ""


async def test_nobody_needs_no_broker_to_leave() -> None:
    await leave("nowhere:1", "notifications", member_of(None))
