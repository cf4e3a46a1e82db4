"""The stack starts whole, answers at every address, and leaves nothing behind, however its owner ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from saldo_local.addresses import Part
from saldo_local.kafka_choice import KafkaChoice
from saldo_local.run_directory import command_line, create, sweep
from saldo_local.stack import PartNotStarted, Stack, StackFailed

PARTITIONS = 24  # of every public topic
SESSION_MS = 3_000  # the embedded broker's profile
OWNER = """
import sys
from saldo_local.addresses import Part
from saldo_local.stack import Stack
stack = Stack({Part(word) for word in sys.argv[1:]}).start()
print(stack.addresses.as_json(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def base(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A base directory of this test alone, so that it sees exactly its own stacks."""
    path = Path("/tmp") / f"saldo-test-{uuid.uuid4().hex[:8]}"  # noqa: S108  the server's user must reach it
    path.mkdir(mode=0o711)
    monkeypatch.setenv("SALDO_RUN_BASE", str(path))
    yield path
    sweep(path)
    path.rmdir()


def processes_naming(text: str) -> list[int]:
    numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [number for number in numbers if text in command_line(number)]


def start_owner(*parts: Part) -> tuple[subprocess.Popen[str], Path]:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, *parts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    return owner, Path(json.loads(owner.stdout.readline())["run_directory"])


def end(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    for pipe in (owner.stdin, owner.stdout):
        assert pipe is not None
        pipe.close()


async def test_every_part_answers(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.postgres_dsn)
    assert await connection.fetchval("SHOW fsync") == "on"
    assert await connection.fetchval("SHOW password_encryption") == "scram-sha-256"
    await connection.close()
    async with httpx2.AsyncClient() as client:
        for url in (f"{stack.mail_api_url}/messages", f"{stack.processor_url}/simulator/clock", stack.jwks_url):
            assert (await client.get(url)).status_code == 200


async def test_the_broker_makes_topics_of_24_partitions_and_shares_them_in_a_group(stack: Stack) -> None:
    topic = f"billing.trial-{uuid.uuid4().hex[:8]}.v1"
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1)])
    described = await admin.describe_topics([topic])
    assert len(described[0]["partitions"]) == PARTITIONS
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all", enable_idempotence=False)
    await producer.start()
    for number in range(100):
        await producer.send_and_wait(topic, str(number).encode(), key=f"account-{number}".encode())
    await producer.stop()
    first, second = member(stack, topic), member(stack, topic)
    async with asyncio.timeout(20):
        await asyncio.gather(first.start(), second.start())
        values: set[str] = set()
        while len(values) < 100 or not first.assignment() or not second.assignment():
            values |= await batch(first) | await batch(second)
    assert len(first.assignment() | second.assignment()) == PARTITIONS
    assert not first.assignment() & second.assignment()
    await asyncio.gather(first.stop(), second.stop())


def member(stack: Stack, topic: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic,
        bootstrap_servers=stack.kafka_bootstrap,
        group_id=f"{topic}-readers",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=SESSION_MS // 3,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )


async def batch(consumer: AIOKafkaConsumer) -> set[str]:
    found = await consumer.getmany(timeout_ms=50)
    return {record.value.decode() for records in found.values() for record in records}


def test_a_stopped_stack_leaves_no_process_and_no_directory(base: Path) -> None:
    stack = Stack().start()
    directory = stack.run_directory
    assert len(processes_naming(directory.name)) >= len(Part)
    stack.stop()
    stack.stop()
    assert processes_naming(str(base)) == []
    assert list(base.iterdir()) == []


async def test_a_server_that_was_ended_comes_back_on_its_port_with_its_data(base: Path) -> None:
    with Stack({Part.POSTGRES}) as stack:
        connection = await asyncpg.connect(stack.postgres_dsn)
        await connection.execute("create table kept (word text); insert into kept values ('kept')")
        await connection.close()
        stack.end_child("postgres", signal.SIGQUIT)
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncpg.connect(stack.postgres_dsn)
        stack.start_child("postgres")
        connection = await asyncpg.connect(stack.postgres_dsn)
        assert await connection.fetchval("select word from kept") == "kept"
        await connection.close()
        with pytest.raises(StackFailed, match="PostgreSQL runs: end it before you start it again"):
            stack.start_child("postgres")
        with pytest.raises(StackFailed, match="no child 'mail'"):
            stack.end_child("mail")
    assert processes_naming(str(base)) == []


def test_a_killed_owner_leaves_no_process_and_no_directory(base: Path, eventually: Callable[..., None]) -> None:
    owner, directory = start_owner(*Part)
    assert len(processes_naming(directory.name)) >= len(Part)
    end(owner)
    eventually(lambda: not processes_naming(directory.name) and not directory.exists())


def test_children_end_with_a_killed_keeper_and_the_next_start_removes_the_directory(
    base: Path, eventually: Callable[..., None]
) -> None:
    owner, directory = start_owner(Part.POSTGRES, Part.KAFKA, Part.TOKENS)
    children = {int(note.read_text()) for note in (directory / "pids").iterdir()}
    keeper = int(Path(f"/proc/{min(children)}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: not processes_naming(directory.name))
    assert directory.exists()
    with Stack({Part.TOKENS}) as following:
        assert not directory.exists()
        assert following.run_directory.exists()
    end(owner)


def test_a_sweep_ends_a_child_that_outlived_its_keeper(base: Path, eventually: Callable[..., None]) -> None:
    dead = create(base)
    orphan = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()", dead.name])
    eventually(lambda: dead.name in command_line(orphan.pid))
    dead.note_child("mail", orphan.pid)
    os.close(dead.lock)
    assert sweep(base) == [dead.name]
    assert orphan.wait(5) == -signal.SIGTERM
    assert not dead.path.exists()


def test_a_sweep_spares_a_process_that_only_has_the_number_of_a_former_child(base: Path) -> None:
    dead = create(base)
    dead.note_child("mail", os.getpid())
    os.close(dead.lock)
    assert sweep(base) == [dead.name]


def test_a_sweep_spares_a_stack_whose_keeper_lives(base: Path) -> None:
    living = create(base)
    assert sweep(base) == []
    assert living.path.exists()
    living.remove()


def test_a_part_that_fails_is_reported_with_its_log(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = base / "broken-broker"
    broken.write_text("#!/bin/sh\necho no such storage engine\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CALF_TANSU_BIN", str(broken))
    with pytest.raises(StackFailed, match=r"The Kafka broker .* exit code 3 .*\n.*no such storage engine"):
        Stack({Part.KAFKA, Part.TOKENS}).start()
    broken.unlink()
    assert list(base.iterdir()) == []


def test_addresses_from_outside_replace_embedded_servers(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_POSTGRES_DSN", "postgresql://boss:secret@db.example:5432/postgres")
    monkeypatch.setenv("SALDO_KAFKA", "kafka.example:9092")
    with Stack({Part.POSTGRES, Part.KAFKA, Part.TOKENS}) as stack:
        assert stack.postgres_dsn == "postgresql://boss:secret@db.example:5432/postgres"
        assert stack.kafka_bootstrap == "kafka.example:9092"
        assert stack.kafka == KafkaChoice("apache", bootstrap="kafka.example:9092")
        assert [note.name for note in (stack.run_directory / "pids").iterdir()] == ["tokens"]
        with pytest.raises(PartNotStarted):
            _ = stack.smtp_port


def test_a_word_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_KAFKA", "redpanda")
    with pytest.raises(StackFailed, match=r"SALDO_KAFKA: 'redpanda' is no Kafka: give .*host:port"):
        Stack({Part.KAFKA}).start()


async def test_the_stack_is_an_async_context_manager_too(base: Path) -> None:
    async with Stack({Part.TOKENS}) as stack:
        directory = stack.run_directory
        assert directory.exists()
    assert not directory.exists()


@pytest.mark.parametrize("command", ["stack", "mail-sink", "processor", "issuer", "token"])
def test_each_command_explains_itself(command: str) -> None:
    words = [sys.executable, "-m", "saldo_local", command, "--help"]
    assert "usage" in subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_the_stack_command_prints_addresses_and_ends_at_a_signal(base: Path) -> None:
    words = [sys.executable, "-m", "saldo_local", "stack", "--part", "tokens", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        directory = Path(json.loads(command.stdout.readline())["run_directory"])
        assert directory.exists()
        command.send_signal(signal.SIGINT)
        assert command.wait(10) == 0
    assert not directory.exists()
