"""A worker's place in its consumer group: taken again at once after a crash, given up when it stops in order."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest
from saldo_telemetry import logger

LEAVE_SECONDS_MAX = 5.0  # one question and one order; where they take longer the session's end does it

log = logger(__name__)


def instance_of(service: str, replica: str, topics: Iterable[str]) -> str:
    """A static member's name (KIP-345): who comes back under it within a session needs no rebalance.

    It holds the streams heard, because the broker gives a member who comes back its old partitions whatever it asks for
    now: a release that hears one stream more would never get it.
    """
    streams = zlib.crc32(" ".join(sorted(topics)).encode())
    return f"{service}-{replica}-{streams:08x}"


def member_of(consumer: Any) -> str:
    """The id by which the group's coordinator knows this consumer; empty where it has not joined."""
    return str(getattr(getattr(consumer, "_coordinator", None), "member_id", ""))


async def leave(bootstrap: str, group: str, member: str) -> None:
    """Tell the group that this member does not come back, so that the others need not wait for its session to end.

    aiokafka lets a static member stay. A failure is logged and costs the others a session (30 s) of these partitions.
    """
    if not member:
        return
    try:
        async with asyncio.timeout(LEAVE_SECONDS_MAX):
            await _leave(bootstrap, group, member)
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("the group was not told that a member left", group=group, error=type(error).__name__)


async def _leave(bootstrap: str, group: str, member: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=int(LEAVE_SECONDS_MAX * 1000))
    await admin.start()
    try:
        coordinator = await admin.find_coordinator(group)
        await admin._send_request(LeaveGroupRequest(group, member), coordinator)
    finally:
        await admin.close()
