"""The process that starts the parts of a stack, watches its owner, and takes everything down when the owner is gone.

While it watches it obeys its owner: one line of JSON on standard input is an order, answered by one on standard output.
`{"child": name, "signal": number}` ends a child and waits for its end, `{"child": name}` starts it again, as it was.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from saldo_local import apache_kafka, kafka_broker, postgres_server, run_directory
from saldo_local.addresses import Addresses, Part
from saldo_local.children import Child, ChildFailed, Plan, end, start, stop_all, wait_until_ready
from saldo_local.kafka_choice import KafkaChoice
from saldo_local.ports import LOOPBACK, free_port
from saldo_local.run_directory import RunDirectory
from saldo_local.shared_memory import release_shared_memory
from saldo_local.tokens import KEY_FILE, make_key

READY_SECONDS_MAX = 30.0  # a second is usual; a laptop that is busy compiling needs more
APACHE_SECONDS_MAX = 180.0  # four seconds on an idle core; three virtual machines on a busy one need more
END_SECONDS_MAX = 90.0  # a broker that is told to stop hands its partitions over first
ORDER_BYTES_MAX = 4_096
PORT_TRIES_MAX = 4
WATCH_SECONDS = 0.5  # how often the keeper looks whether its owner is still its parent and its children live
WATCH_INPUT = 0  # standard input is a pipe from the owner: it ends with the owner, however the owner ends


@dataclass(slots=True)
class Keeper:
    """Parts start side by side; the first that fails takes all down again."""

    directory: RunDirectory
    kafka: KafkaChoice
    children: list[Child] = field(default_factory=list)
    mourned: set[int] = field(default_factory=set)  # process ids

    def bring_up(self, parts: frozenset[Part]) -> Addresses:
        """Raises ChildFailed."""
        addresses = Addresses(str(self.directory.path))
        deadline = time.monotonic() + READY_SECONDS_MAX
        servers = [
            (part, self._start_server(part)) for part in (Part.TOKENS, Part.MAIL, Part.PROCESSOR) if part in parts
        ]
        if Part.POSTGRES in parts:
            cluster = postgres_server.initialise(self.directory, secrets.token_urlsafe(24))
            port = self._start_on_free_port(lambda port: postgres_server.plan(cluster, port), deadline)
            addresses = replace(addresses, postgres_dsn=cluster.dsn(port))
        if Part.KAFKA in parts:
            addresses = replace(addresses, kafka_bootstrap=self._start_kafka(deadline))
        for part, child in servers:
            wait_until_ready(child, deadline=deadline)
            addresses = replace(addresses, **json.loads(self._ready_file(part).read_text()))
        addresses.save()
        return addresses

    def _start_kafka(self, deadline: float) -> str:
        """Where clients find it."""
        if self.kafka.profile == "apache":
            return ",".join(f"{LOOPBACK}:{port}" for port in self._start_apache())
        port = self._start_on_free_port(lambda port: kafka_broker.plan(self.directory, port), deadline)
        return f"{LOOPBACK}:{port}"

    def _start_apache(self) -> list[int]:
        """Nodes know each other's ports before they start; a port that was taken meanwhile means all of them anew."""
        for _ in range(PORT_TRIES_MAX):
            numbers = range(1, self.kafka.nodes + 1)
            nodes = [apache_kafka.Node(number, free_port(), free_port()) for number in numbers]
            plans = apache_kafka.plans(self.directory, nodes)
            started = [start(plan, self.directory) for plan in plans]
            self.children += started
            deadline = time.monotonic() + APACHE_SECONDS_MAX
            try:
                for child in started:
                    wait_until_ready(child, deadline=deadline)
            except ChildFailed:
                stop_all(started)
                if not any(child.says("Address already in use") for child in started):
                    raise
                self.children = [child for child in self.children if child not in started]
                apache_kafka.forget(self.directory)
                continue
            return [node.port for node in nodes]
        raise ChildFailed(f"Apache Kafka found a port taken {PORT_TRIES_MAX} times in a row.")

    def _start_on_free_port(self, plan_for: Callable[[int], Plan], deadline: float) -> int:
        """Another program may take the drawn port before the child does: then the next one is tried."""
        for _ in range(PORT_TRIES_MAX - 1):
            port = free_port()
            child = start(plan_for(port), self.directory)
            try:
                wait_until_ready(child, deadline=deadline)
            except ChildFailed:
                stop_all([child])
                if "in use" not in child.last_words():
                    raise
                continue
            self.children.append(child)
            return port
        raise ChildFailed(f"{child.plan.title} found its port taken {PORT_TRIES_MAX} times in a row.")

    def _start_server(self, part: Part) -> Child:
        data = self.directory.path / part.value
        data.mkdir(mode=0o700)
        ready = self._ready_file(part)
        words = {Part.TOKENS: "issuer", Part.MAIL: "mail-sink", Part.PROCESSOR: "processor"}
        command = [sys.executable, "-m", "saldo_local", words[part], "--data", str(data), "--ready-file", str(ready)]
        if part is Part.TOKENS:
            make_key(data / KEY_FILE)
        titles = {
            Part.TOKENS: "The token issuer",
            Part.MAIL: "The mail sink",
            Part.PROCESSOR: "The card processor simulator",
        }
        child = start(Plan(name=part.value, title=titles[part], command=command, is_ready=ready.exists), self.directory)
        self.children.append(child)
        return child

    def _ready_file(self, part: Part) -> Path:
        return self.directory.path / part.value / "ready.json"

    def watch(self, wake: int) -> None:
        """Returns when the owner closed its end, died, or a signal came; obeys the owner's orders meanwhile."""
        owner = os.getppid()
        while os.getppid() == owner:
            readable, _, _ = select.select([WATCH_INPUT, wake], [], [], WATCH_SECONDS)
            if wake in readable:
                return
            if readable:
                orders = os.read(WATCH_INPUT, ORDER_BYTES_MAX)
                if not orders:
                    return
                for order in orders.decode().splitlines():
                    _answer(self._obey(json.loads(order)))
            self._mourn()

    def _mourn(self) -> None:
        for child in self.children:
            if child.process.poll() is not None and child.process.pid not in self.mourned:
                self.mourned.add(child.process.pid)
                _say(f"{child.plan.title} ended on its own. Its last words:\n{child.last_words()}")

    def _obey(self, order: Mapping[str, Any]) -> dict[str, object]:
        """The answer for the owner: what was done, or why not."""
        place = next((i for i, child in enumerate(self.children) if child.plan.name == order["child"]), None)
        if place is None:
            return {"failed": f"This stack has no child {order['child']!r}."}
        child = self.children[place]
        try:
            if "signal" in order:
                self.mourned.add(child.process.pid)
                end(child, signal.Signals(order["signal"]), seconds=END_SECONDS_MAX)
            elif child.process.poll() is None:
                return {"failed": f"{child.plan.title} runs: end it before you start it again."}
            else:
                self.children[place] = reborn = start(child.plan, self.directory)
                wait_until_ready(reborn, deadline=time.monotonic() + APACHE_SECONDS_MAX)
        except ChildFailed as failure:
            return {"failed": str(failure)}
        return {"done": child.plan.name}

    def take_down(self) -> None:
        stop_all(self.children)
        if (data := self.directory.path / "pg" / "data").is_dir():
            release_shared_memory(data)
        self.directory.remove()


def main(parts: Sequence[str], kafka: KafkaChoice) -> int:
    """Answers its owner with one line on standard output: {"ready": addresses} or {"failed": sentence}."""
    wake = _wake_on_signals()
    base = run_directory.base_directory()
    run_directory.sweep(base)
    keeper = Keeper(run_directory.create(base), kafka)
    _log_to(keeper.directory)
    try:
        addresses = keeper.bring_up(frozenset(Part(part) for part in parts))
        _answer({"ready": asdict(addresses)})
        keeper.watch(wake)
    except ChildFailed as failure:
        _answer({"failed": str(failure)})
        return 1
    finally:
        keeper.take_down()
    return 0


def _wake_on_signals() -> int:
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # an owner may have started us with signals blocked
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reading


def _answer(answer: dict[str, object]) -> None:
    try:
        print(json.dumps(answer), flush=True)
    except BrokenPipeError:
        return  # the owner died meanwhile; watch() sees it too


def _log_to(directory: RunDirectory) -> None:
    log = os.open(directory.logs / "keeper.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
    os.dup2(log, sys.stderr.fileno())
    os.close(log)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
