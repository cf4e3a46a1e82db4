"""Claims whose owner died wait for their lease, which is machine time; a test does not wait, it lets the lease end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
from saldo_local.suite import Suite

# Only rows that somebody claimed or that wait to ask again; nothing of what they mean is changed.
END_OF_LEASE: Final[Mapping[str, Sequence[str]]] = {
    "payments": (
        "update payment_attempts set check_after = clock_timestamp() "
        "where status in ('calling', 'in_doubt') and check_after > clock_timestamp()",
        "update payment_methods set check_after = clock_timestamp() "
        "where status = 'pending' and check_after > clock_timestamp()",
    ),
    "notifications": (
        "update notices set lease_until = clock_timestamp() "
        "where state = 'claimed' and lease_until > clock_timestamp()",
        "update notices set next_try_at = clock_timestamp() where state = 'queued' and next_try_at > clock_timestamp()",
    ),
}


# What is not waiting for machine time any more, yet not taken up: its loop rests, since the outside did not answer.
UNDER_WAY: Final[Mapping[str, str]] = {
    "payments": "select count(*) from payment_attempts where status in ('calling', 'in_doubt')",
    "notifications": "select count(*) from notices where state in ('claimed', 'queued')",
}


async def end_leases(suite: Suite) -> int:
    """How many rows were or are waiting; 0: nothing is under way anywhere, not even under a lease."""
    ended = 0
    for service, statements in END_OF_LEASE.items():
        connection = await asyncpg.connect(suite.databases[service].dsn)
        try:
            for statement in statements:
                ended += int((await connection.execute(statement)).rpartition(" ")[2])
            ended += await connection.fetchval(UNDER_WAY[service])
        finally:
            await connection.close()
    return ended
