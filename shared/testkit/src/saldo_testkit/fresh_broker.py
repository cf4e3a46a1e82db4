"""Makes a broker that serves a whole test run look new to the next module: no topic, no group, no member left over."""

from __future__ import annotations

import asyncio
import time

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, NoError, UnknownTopicOrPartitionError, for_code
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest

INTERNAL = "__"  # the first letters of the broker's own topics
EMPTY_SECONDS_MAX = 60.0
ASK_SECONDS = 0.1
ADMIN_TIMEOUT_MS = 30_000


class NotEmpty(AssertionError):
    """Topics or groups stayed, for the reason given."""


async def make_empty(bootstrap: str) -> None:
    """Delete every topic and group that is not the broker's own, and wait until they are gone. Raises NotEmpty.

    Only for a broker that the test run started itself. A worker of ours is a static member of its group, which stays
    for a session after it has stopped: it is shown out first.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_TIMEOUT_MS)
    await admin.start()
    try:
        deadline = time.monotonic() + EMPTY_SECONDS_MAX
        while trouble := await _left_after_deleting(admin):
            if time.monotonic() > deadline:
                raise NotEmpty(f"the broker is not empty after {EMPTY_SECONDS_MAX} s: {trouble}")
            await asyncio.sleep(ASK_SECONDS)
    finally:
        await admin.close()


async def _left_after_deleting(admin: AIOKafkaAdminClient) -> str:
    """What was still there before it was deleted (again); nothing once a look finds nothing."""
    try:
        groups = [name for name, _ in await admin.list_consumer_groups()]
        for group in groups:
            await _delete_group(admin, group)
        topics = [name for name in await admin.list_topics() if not name.startswith(INTERNAL)]
        if topics:
            answer = await admin.delete_topics(topics)
            for name, code in answer.topic_error_codes:
                if code not in (NoError.errno, UnknownTopicOrPartitionError.errno):
                    return f"{name}: {for_code(code).__name__}"
    except (KafkaError, TimeoutError) as error:
        return type(error).__name__
    return f"groups {groups}, topics {topics}" if groups or topics else ""


async def _delete_group(admin: AIOKafkaAdminClient, group: str) -> None:
    coordinator = await admin.find_coordinator(group)
    for described in await admin.describe_consumer_groups([group], group_coordinator_id=coordinator):
        for member in described.groups[0][5]:
            await admin._send_request(LeaveGroupRequest(group, member[0]), coordinator)
    await admin._send_request(DeleteGroupsRequest([group]), coordinator)
