"""Apache Kafka as the stack starts it: what the profile and the contracts ask for, and gone without a trace."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import UnknownTopicOrPartitionError
from saldo_local.addresses import Addresses, Part
from saldo_local.kafka_choice import APACHE, APACHE_CLUSTER
from saldo_local.run_directory import command_line
from saldo_local.stack import Stack, StackFailed
from saldo_local.suite import SERVICES
from saldo_messaging.topics import apply_topics, check_topics, published_by
from saldo_testkit.fresh_broker import make_empty

from shared.messaging.tests.until import until

pytestmark = pytest.mark.timeout(400)  # a start of three nodes takes ten seconds, on a busy machine a minute
SENTENCE = b"kept"
OWNER = """
import sys
from saldo_local.addresses import Part
from saldo_local.kafka_choice import APACHE
from saldo_local.stack import Stack
print(Stack({Part.KAFKA}, kafka=APACHE).start().addresses.as_json(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Stack]:
    with Stack({Part.KAFKA}, kafka=APACHE) as stack:
        yield stack


@pytest.fixture(scope="module")
def cluster() -> Iterator[Stack]:
    with Stack({Part.KAFKA}, kafka=APACHE_CLUSTER) as stack:
        yield stack


async def setting(admin: AIOKafkaAdminClient, kind: ConfigResourceType, of: str, name: str) -> str:
    (answer,) = await admin.describe_configs([ConfigResource(kind, of, configs={name: None})])
    value: str = answer.resources[0][4][0][1]
    return value


async def test_no_topic_is_made_by_accident(node: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=node.kafka_bootstrap)
    await admin.start()
    try:
        assert await setting(admin, ConfigResourceType.BROKER, "1", "auto.create.topics.enable") == "false"
        assert await setting(admin, ConfigResourceType.BROKER, "1", "group.initial.rebalance.delay.ms") == "0"
        (unknown,) = await admin.describe_topics(["billing.nobody.v1"])  # asked so that a broker may create it
        assert unknown["error_code"] == UnknownTopicOrPartitionError.errno
        assert await admin.list_topics() == []
    finally:
        await admin.close()


async def test_what_was_acknowledged_outlives_a_killed_broker(node: Stack) -> None:
    topic = f"billing.trial-{uuid.uuid4().hex[:8]}.v1"
    admin = AIOKafkaAdminClient(bootstrap_servers=node.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()
    async with AIOKafkaProducer(
        bootstrap_servers=node.kafka_bootstrap, acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait(topic, SENTENCE)
    node.end_child("kafka-1", signal.SIGKILL)
    with pytest.raises(StackFailed, match="no child 'kafka-2'"):
        node.start_child("kafka-2")
    node.start_child("kafka-1")
    with pytest.raises(StackFailed, match="runs: end it before"):
        node.start_child("kafka-1")
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=node.kafka_bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == SENTENCE


async def test_an_emptied_broker_has_no_topics_and_no_groups(node: Stack) -> None:
    bootstrap = node.kafka_bootstrap
    await apply_topics(bootstrap, "notifications", replication_factor=1)
    topics = [topic.name for topic in published_by("notifications")]
    member = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, group_id="notifications", group_instance_id="notifications-0"
    )
    await member.start()
    await until(member.assignment)
    await member.stop()  # a static member stays in its group
    await make_empty(bootstrap)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        assert await admin.list_consumer_groups() == []
        assert [name for name in await admin.list_topics() if not name.startswith("__")] == []
    finally:
        await admin.close()
    await apply_topics(bootstrap, "notifications", replication_factor=1)


def test_a_killed_owner_leaves_no_broker_and_no_directory() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None and owner.stdin is not None
    directory = Path(Addresses.from_json(owner.stdout.readline()).run_directory)
    broker = int((directory / "pids" / "kafka-1").read_text())
    assert directory.name in command_line(broker)
    owner.kill()
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()
    asyncio.run(until(lambda: not command_line(broker) and not directory.exists()))


async def test_three_nodes_keep_the_copies_that_the_contracts_ask_for(cluster: Stack) -> None:
    for service in SERVICES:
        await apply_topics(cluster.kafka_bootstrap, service, replication_factor=cluster.kafka.replication_factor)
        await check_topics(cluster.kafka_bootstrap, [topic.name for topic in published_by(service)])
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.kafka_bootstrap)
    await admin.start()
    try:
        topics = [topic for service in SERVICES for topic in published_by(service)]
        for described in await admin.describe_topics([topic.name for topic in topics]):
            assert {len(partition["replicas"]) for partition in described["partitions"]} == {3}
        for topic in topics:
            value = await setting(admin, ConfigResourceType.TOPIC, topic.name, "min.insync.replicas")
            assert int(value) == topic.min_insync_replicas == 2
    finally:
        await admin.close()


async def test_a_lost_node_of_three_is_not_missed(cluster: Stack) -> None:
    topic = f"billing.trial-{uuid.uuid4().hex[:8]}.v1"
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.kafka_bootstrap)
    await admin.start()
    await admin.create_topics(
        [NewTopic(topic, num_partitions=6, replication_factor=3, topic_configs={"min.insync.replicas": "2"})]
    )
    await admin.close()
    cluster.end_child("kafka-2", signal.SIGKILL)
    lost_at = time.monotonic()
    async with AIOKafkaProducer(
        bootstrap_servers=cluster.kafka_bootstrap, acks="all", enable_idempotence=True
    ) as producer:
        for partition in range(6):  # two of them were led by the lost node
            await producer.send_and_wait(topic, SENTENCE, partition=partition)
    print(f"every partition took a record {time.monotonic() - lost_at:.1f} s after the loss")
    cluster.start_child("kafka-2")
