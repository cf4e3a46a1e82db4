"""Apache Kafka in KRaft mode: one node or three, each broker and controller at once, on loopback, data on disk."""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from saldo_local import apache_jars
from saldo_local.apache_greeting import brokers_known_by
from saldo_local.children import ChildFailed, Plan
from saldo_local.ports import LOOPBACK
from saldo_local.run_directory import RunDirectory

FORMAT_SECONDS_MAX = 120  # a second on an idle core; several start beside each other
IN_SYNC_MIN_OF_SEVERAL = 2  # of 3: one node may be lost and everything goes on
HEAP_MB_MAX = 256
JVM = (
    f"-Xmx{HEAP_MB_MAX}m",
    "-Xms64m",
    "-XX:+UseSerialGC",  # the other collectors want cores and memory that a laptop's tests do not have
    "-XX:TieredStopAtLevel=1",  # a broker that lives for minutes never earns back the second compiler: half the CPU
    "-XX:-UsePerfData",  # it would lie in the temporary folder
)
# What differs from Kafka's own defaults, each for a reason.
SETTINGS = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",  # a topic is declared in the contracts or does not exist
    "group.initial.rebalance.delay.ms": "0",  # a service's only worker has nobody to wait for
    "offsets.topic.num.partitions": "4",  # 50 are made at the first join, and take a second
    "log.segment.delete.delay.ms": "1000",  # test runs delete their topics
    "log.index.size.max.bytes": "1048576",  # two a partition are laid out in full; hundreds of partitions
    "log.cleaner.dedupe.buffer.size": "4194304",  # of a small heap; the default is half of it
    "num.network.threads": "2",
    "num.io.threads": "4",
}
LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1}: %m%n%ex{6}
logger.life.name = kafka.server.KafkaRaftServer
logger.life.level = info
"""


@dataclass(frozen=True, slots=True)
class Node:
    """Its number counts from 1."""

    number: int
    port: int
    controller_port: int

    @property
    def name(self) -> str:
        return f"kafka-{self.number}"

    @property
    def voter(self) -> str:
        return f"{self.number}@{LOOPBACK}:{self.controller_port}"


def plans(directory: RunDirectory, nodes: Sequence[Node]) -> list[Plan]:
    """Formats each node's storage (a second or two) and says how to run it. Raises ChildFailed."""
    runtime = [apache_jars.java(), *JVM, "-cp", f"{apache_jars.jars()}/*"]
    home = directory.path / "kafka"
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "log4j2.properties").write_text(LOGGING)
    runtime += [f"-Djava.io.tmpdir={home}", f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}"]
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    files = [_write_settings(home, node, nodes) for node in nodes]
    with ThreadPoolExecutor(len(nodes)) as side_by_side:
        list(side_by_side.map(lambda file: _format(runtime, file, cluster_id), files))
    return [_plan(runtime, file, node, len(nodes)) for file, node in zip(files, nodes, strict=True)]


def forget(directory: RunDirectory) -> None:
    """Nodes that never came up leave storage behind that belongs to other ports."""
    shutil.rmtree(directory.path / "kafka")
    for log in directory.logs.glob("kafka-*.log"):
        log.unlink()


def _plan(runtime: Sequence[str], file: Path, node: Node, nodes: int) -> Plan:
    return Plan(
        name=node.name,
        title=f"Apache Kafka's node {node.number}",
        command=[*runtime, "kafka.Kafka", str(file)],
        is_ready=lambda: brokers_known_by(node.port) >= nodes,
        stop_signal=signal.SIGKILL,  # the data go with the directory; nodes that all leave at once wait for each other
    )


def _write_settings(home: Path, node: Node, nodes: Sequence[Node]) -> Path:
    copies, in_sync = len(nodes), min(len(nodes), IN_SYNC_MIN_OF_SEVERAL)
    data = home / node.name
    address = f"PLAINTEXT://{LOOPBACK}:{node.port}"
    own = {
        "node.id": node.number,
        "listeners": f"{address},CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "advertised.listeners": address,
        "controller.quorum.voters": ",".join(one.voter for one in nodes),
        "log.dirs": data,
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
    }
    file = home / f"{node.name}.properties"
    file.write_text("".join(f"{name}={value}\n" for name, value in {**SETTINGS, **own}.items()))
    return file


def _format(runtime: Sequence[str], file: Path, cluster_id: str) -> None:
    command = [*runtime, "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(file)]
    done = subprocess.run(  # noqa: S603  the command is ours
        command, check=False, capture_output=True, text=True, cwd="/", timeout=FORMAT_SECONDS_MAX
    )
    if done.returncode != 0:
        raise ChildFailed(f"Apache Kafka's storage could not be formatted. It said:\n{done.stdout}{done.stderr}")
