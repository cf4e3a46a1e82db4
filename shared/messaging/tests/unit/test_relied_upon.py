"""What we use of other libraries without their promise: a release that changes it must fail here, not in production."""

from __future__ import annotations

import inspect

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.group import JoinGroupRequest, LeaveGroupRequest
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from saldo_contracts.topics import PARTITIONS, public_topic
from saldo_messaging import MessagingSettings
from saldo_messaging.database import Database
from saldo_messaging.membership import member_of
from saldo_messaging.relay import Relay

# From the tests of the Java client (org.apache.kafka.common.utils.UtilsTest.testMurmur2).
JAVA_MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", JAVA_MURMUR2)
def test_murmur2_is_the_java_clients(key: bytes) -> None:
    assert murmur2(key) & 0xFFFFFFFF == JAVA_MURMUR2[key] & 0xFFFFFFFF


@pytest.mark.parametrize("key", JAVA_MURMUR2)
def test_a_key_gets_the_partition_that_the_java_client_gives_it(key: bytes) -> None:
    database = Database("postgresql://nobody@localhost/nothing", application="test")
    relay = Relay("payments", database, MessagingSettings("", ""))
    java = (JAVA_MURMUR2[key] & 0x7FFFFFFF) % PARTITIONS  # Utils.toPositive(murmur2(keyBytes)) % numPartitions
    topic = public_topic("payments").name
    assert [relay.partition_of(topic, key.decode()) for _ in range(2)] == [java, java]


def test_a_subscriber_has_a_consumer_and_tasks() -> None:
    subscriber = KafkaBroker("nowhere:1").subscriber("topic", batch=True, group_id="g", ack_policy=AckPolicy.MANUAL)
    assert subscriber.consumer is None
    assert subscriber.tasks == []
    assert subscriber._connection_args["enable_auto_commit"] is False


def test_an_ackable_message_is_built_from_records_and_a_consumer() -> None:
    class Consumer:
        committed = 0

        async def commit(self) -> None:
            self.committed += 1

    message = KafkaAckableMessage(body=b"", headers={}, batch_headers=[], raw_message=(), consumer=Consumer())
    assert message.committed is None
    assert {"ack", "nack"} <= set(dir(message))


def test_a_batch_builder_takes_records_by_keyword_and_says_none_when_full() -> None:
    batch = BatchBuilder(1_000, 0)
    assert batch.append(timestamp=None, key=b"k", value=b"v", headers=[("h", b"x")]) is not None
    assert batch.append(timestamp=None, key=b"k", value=None, headers=[]) is not None
    assert batch.append(timestamp=None, key=b"k", value=b"v" * 2_000, headers=[]) is None


async def test_a_consumer_knows_its_member_id_and_an_administrator_sends_any_request() -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers="nowhere:1", group_id="g")
    consumer._coordinator = GroupCoordinator(consumer._client, consumer._subscription)
    assert member_of(consumer) == JoinGroupRequest.UNKNOWN_MEMBER_ID == ""
    consumer._coordinator.member_id = "one"
    assert member_of(consumer) == "one"
    await consumer.stop()
    assert list(inspect.signature(AIOKafkaAdminClient._send_request).parameters) == ["self", "request", "node_id"]
    assert list(inspect.signature(LeaveGroupRequest).parameters) == ["group", "member_id"]


def test_a_producer_sends_batches_to_a_partition() -> None:
    assert list(inspect.signature(AIOKafkaProducer.send_batch).parameters) == ["self", "batch", "topic", "partition"]
    assert {"assignment", "seek", "position", "end_offsets", "commit"} <= set(dir(AIOKafkaConsumer))
