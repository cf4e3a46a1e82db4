"""What cannot be handled: each kind ends where it should, the rest goes on, and an operator has a way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from saldo_contracts.envelope import Envelope, encode_headers, event_id, source_of
from saldo_contracts.events.invoicing import BalanceCleared
from saldo_contracts.events.subscriptions import ServiceReactivated
from saldo_contracts.topics import MESSAGE_BYTES_MAX, public_topic
from saldo_contracts.wire import Amount
from saldo_local.kafka_choice import KafkaChoice
from saldo_messaging import MessagingSettings, waiting_messages
from saldo_messaging.command_line import main
from saldo_messaging.dead_letters import decoded
from saldo_testkit.harness import Harness
from saldo_work import NotYetKnown, UnitOfWork

from shared.messaging.tests.component.purse import SELLER, Fill, Purse, Script, build
from shared.messaging.tests.until import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC = public_topic("invoicing").name
Headers = list[tuple[str, bytes | None]]


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
async def purse(purse_settings: MessagingSettings, script: Script) -> AsyncIterator[Harness]:
    async with Harness(build(purse_settings, script=script), neighbours=("invoicing",)) as harness:
        await harness.runtime.clock.move_to(NOW)  # type: ignore[union-attr]  # the settings say movable
        yield harness


def cleared(account_id: str, minor_units: int = 1) -> BalanceCleared:
    amount = Amount(minor_units=minor_units, currency="EUR")
    return BalanceCleared(account_id=account_id, seller_id=SELLER, ledger_version=1, balance=amount, cleared_at=NOW)


def headers_of(event: BalanceCleared, version: int = 1, **changed: bytes | None) -> Headers:
    """The envelope's headers; `changed` by name with `_` for `-`: other bytes, b"absent" takes one away."""
    source = source_of("invoicing")
    envelope = Envelope(
        id=event_id(source, event.subject, aggregate_version=version, type=event.type_),
        source=source,
        type=event.type_,
        subject=event.subject,
        time=NOW,
        partition_key=event.account_id,
        sequence=version,
        seller_id=SELLER,
        recorded_time=datetime.now(UTC),
    )
    headers: dict[str, bytes | None] = dict(encode_headers(envelope))
    headers.update(changed)
    return [(name, value) for name, value in headers.items() if value != b"absent"]


async def send(purse: Harness, key: str | None, body: bytes | None, headers: Headers, topic: str = TOPIC) -> None:
    await purse.teller.tell_raw(topic, key, body, cast("list[tuple[str, bytes]]", headers))


async def raise_limit(broker: str, topic: str) -> None:
    """What an operator may have done; Apache Kafka itself refuses a message above the topic's limit."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        wanted = ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(2 * MESSAGE_BYTES_MAX)})
        answer = await admin.alter_configs([wanted])
        assert [one[0] for response in answer for one in response.resources] == [0]
    finally:
        await admin.close()


async def held(purse: Harness, account_id: str) -> Any:
    return await purse.runtime.database.pool.fetchval(
        "select held_minor_units from purses where account_id = $1::text::uuid", account_id
    )


async def letters_of(purse: Harness, key: str) -> Sequence[Any]:
    return await purse.runtime.database.pool.fetch("select * from dead_letters where key = $1 order by id", key)


async def kinds_of(purse: Harness, key: str) -> list[tuple[str, str, int]]:
    return [(row["kind"], row["status"], row["attempts"]) for row in await letters_of(purse, key)]


async def offsets_committed(purse: Harness) -> bool:
    """Whether the group stands at the end of every partition: nothing will be read again."""
    listener = purse.runtime._listener
    consumer = listener._subscriber.consumer if listener else None
    assert consumer is not None
    ends = await consumer.end_offsets(list(consumer.assignment()))
    committed = {partition: await consumer.committed(partition) for partition in ends}
    return all((committed[partition] or 0) == end for partition, end in ends.items())


UNREADABLE: dict[str, Callable[[BalanceCleared], tuple[bytes | None, Headers]]] = {
    "a header without value": lambda e: (e.to_bytes(), headers_of(e, ce_subject=None)),
    "a header that is no UTF-8": lambda e: (e.to_bytes(), headers_of(e, ce_actor=b"\xff\xfe")),
    "no ce_type": lambda e: (e.to_bytes(), headers_of(e, ce_type=b"absent")),
    "no ce_id": lambda e: (e.to_bytes(), headers_of(e, ce_id=b"absent")),
    "no headers": lambda e: (e.to_bytes(), []),
    "a body that is no JSON": lambda e: (b"{nonsense \xff", headers_of(e)),
    "a body of other fields": lambda e: (b'{"account_id": 5}', headers_of(e)),
    "no body": lambda e: (None, headers_of(e)),
    "a body above the limit": lambda e: (b'{"x": "' + b"y" * MESSAGE_BYTES_MAX + b'"}', headers_of(e)),
}


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_what_cannot_be_read_is_a_dead_letter_and_parks_nothing(
    purse: Harness, broker: str, kafka: KafkaChoice, fault: str
) -> None:
    account = str(uuid4())
    body, headers = UNREADABLE[fault](cleared(account))
    if kafka.profile == "apache" and len(body or b"") > MESSAGE_BYTES_MAX:
        await raise_limit(broker, TOPIC)
    before = len(purse.observer.raw)
    await send(purse, account, body, headers)
    await purse.teller.tell(cleared(account, 5), version=2)
    await purse.settled()
    assert await held(purse, account) == 5
    (letter,) = await letters_of(purse, account)
    assert (letter["kind"], letter["status"]) == ("unreadable", "open")
    assert letter["body"] == body
    assert await offsets_committed(purse)
    copies = await _copies(purse, account, before)
    (copy,) = copies
    if body is not None and len(body) > MESSAGE_BYTES_MAX:
        assert dict(copy.headers)["saldo_deadletter_body"] == b"too large"
        assert copy.value is None
    else:
        assert copy.value == body
    assert dict(copy.headers)["saldo_deadletter_kind"] == b"unreadable"


async def _copies(purse: Harness, key: str, since: int) -> list[Any]:
    def found() -> list[Any]:
        return [
            record
            for record in purse.observer.raw[since:]
            if record.topic.endswith(".dead-letters.v1") and record.key == key.encode()
        ]

    await until(lambda: len(found()) >= 1)
    return found()


async def test_what_means_nothing_here_is_stepped_over(purse: Harness) -> None:
    account = str(uuid4())
    event = cleared(account)
    await send(purse, account, event.to_bytes(), headers_of(event, ce_type=b"billing.of.tomorrow.v9"))
    await send(purse, account, b"x", [("ce_type", b"billing.of.tomorrow.v9")])  # in tomorrow's envelope, too
    await send(purse, account, None, [])
    await purse.teller.tell(cleared(account, 5), version=2)
    await purse.settled()
    assert await held(purse, account) == 5
    assert await letters_of(purse, account) == []
    assert await offsets_committed(purse)


async def test_a_zero_character_in_a_key_or_a_header_harms_nobody(purse: Harness) -> None:
    account = str(uuid4())
    event = cleared(account)
    await send(purse, account + "\x00", event.to_bytes(), [*headers_of(event), ("x\x00y", b"\x00")])
    bad = cleared(account, 2)
    await send(purse, account + "\x00", bad.to_bytes(), headers_of(bad, version=2, ce_subject=b"a\x00"))
    await send(purse, account, b"", [("ce_id", rb"\u0000"), ("x", rb"\\u0000")])
    await purse.settled()
    assert await held(purse, account) == 1
    assert [row["kind"] for row in await letters_of(purse, account)] == ["unreadable", "unreadable"]


async def test_a_failed_event_parks_its_key_and_a_retry_runs_the_key_in_order(
    purse: Harness, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    account, other = str(uuid4()), str(uuid4())
    order: list[int] = []

    async def breaks(command: Fill, work: UnitOfWork) -> None:
        order.append(command.minor_units)
        if command.minor_units == 2:
            raise RuntimeError("defect")

    script.on(account, breaks)
    before = len(purse.observer.raw)
    for units in (1, 2, 3, 4):
        await purse.teller.tell(cleared(account, units), version=units)
    await purse.settled()  # duplicates in the batch of their originals would need no row of their own
    await purse.teller.tell(cleared(account, 3), version=3)  # a duplicate of one that waits
    await purse.teller.tell(cleared(account, 1), version=1)  # a duplicate of one that was handled
    await purse.teller.tell(cleared(other, 9))
    await purse.settled()
    assert (await held(purse, account), await held(purse, other), order) == (1, 9, [1, 2])
    parked = [("failed", "open", 1), *[("behind", "open", 1)] * 4]
    assert await kinds_of(purse, account) == parked
    assert len(await _copies(purse, account, before)) <= 5

    failed = (await letters_of(purse, account))[0]["id"]
    said = await operate(purse, capsys, "retry", str(failed), script=script)
    assert "failed again: runtime-error" in said and "still waiting" in said
    # the duplicate of what was handled is the one thing that could be closed
    assert await kinds_of(purse, account) == [("failed", "open", 2), *parked[1:4], ("behind", "retried", 1)]

    order.clear()
    script.acts.pop(account)
    said = await operate(purse, capsys, "retry", str(failed + 2), script=script)  # any of the key will do
    assert said.count(": handled") == 3 and said.count("stood already") == 1
    assert await held(purse, account) == 10  # each once, the duplicates not at all
    seen = [command.minor_units for command in script.seen if command.account_id == account]
    assert seen[-3:] == [2, 3, 4]
    await purse.teller.tell(cleared(account, 5), version=5)
    await purse.settled()
    assert await held(purse, account) == 15


async def operate(
    purse: Harness, capsys: pytest.CaptureFixture[str], *arguments: str, script: Script | None = None
) -> str:
    """The command line, in this process; what it printed or said at its end."""

    def run() -> str:
        with pytest.raises(SystemExit) as ended:
            main(lambda: build(purse.service.messaging, script=script), ("dead-letters", *arguments))
        return f"{ended.value.code or ''}{capsys.readouterr().out}"

    return await asyncio.to_thread(run)


async def test_a_second_failure_in_a_retry_keeps_what_is_behind_it(
    purse: Harness, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    lanes = sorted(str(uuid4()) for _ in range(3))
    broken: set[tuple[str, int]] = {(account, 1) for account in lanes} | {(lanes[1], 3)}

    async def breaks(command: Fill, work: UnitOfWork) -> None:
        if (command.account_id, command.minor_units) in broken:
            raise RuntimeError("defect")

    for account in lanes:
        script.on(account, breaks)
    for units in (1, 2, 3, 4):
        for account in lanes:
            await purse.teller.tell(cleared(account, units), version=units)
    await purse.settled()
    broken -= {(account, 1) for account in lanes}
    await operate(purse, capsys, "retry", script=script)  # everything that is open
    assert [await held(purse, account) for account in lanes] == [10, 3, 10]
    assert await kinds_of(purse, lanes[1]) == [
        ("failed", "retried", 1),
        ("behind", "retried", 1),
        ("failed", "open", 2),
        ("behind", "open", 1),
    ]

    stuck, behind = [row["id"] for row in await letters_of(purse, lanes[1])][2:]
    assert "actor and a reason" in await operate(
        purse, capsys, "skip", str(stuck), "--actor", " ", "--reason", "x", script=script
    )
    with pytest.raises(SystemExit):
        main(lambda: build(purse.service.messaging), ("dead-letters", "skip", str(stuck), "--actor", "ada"))
    await operate(purse, capsys, "skip", str(stuck), "--actor", "ada", "--reason", "told twice", script=script)
    assert "no open dead letter" in await operate(
        purse, capsys, "skip", str(stuck), "--actor", "ada", "--reason", "again", script=script
    )
    assert await held(purse, lanes[1]) == 3
    await operate(purse, capsys, "retry", str(behind), script=script)
    assert await held(purse, lanes[1]) == 7
    shown = await operate(purse, capsys, "show", str(stuck))
    assert "given up by ada: told twice" in shown and lanes[1] in shown
    listed = await operate(purse, capsys, "list", "--all")
    assert "skipped" in listed


async def test_a_redelivery_adds_no_second_dead_letter(purse: Harness) -> None:
    account = str(uuid4())
    event = cleared(account, 13)
    await purse.teller.tell(event)
    await purse.settled()
    listener = purse.runtime._listener
    assert listener is not None
    consumer = listener._subscriber.consumer
    (letter,) = await letters_of(purse, account)
    await consumer.seek_to_beginning()
    await until(lambda: _all_read(purse))
    await purse.settled()
    assert [row["id"] for row in await letters_of(purse, account)] == [letter["id"]]


async def _all_read(purse: Harness) -> bool:
    listener = purse.runtime._listener
    return listener is not None and await listener.lag() == 0


async def test_a_dead_letter_survives_byte_for_byte(purse: Harness) -> None:
    account = str(uuid4())
    event = cleared(account)
    body = bytes(range(256))
    headers = headers_of(event, x_any=bytes(range(255, -1, -1)), y_none=None)
    await send(purse, account, body, headers)
    await purse.settled()
    (letter,) = await letters_of(purse, account)
    assert letter["body"] == body
    assert list(decoded(letter["headers"])) == headers


async def test_what_a_translator_raises_counts_as_the_handlers_failure(
    purse: Harness, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = str(uuid4())
    known = purse.runtime.translation._by_type
    event_class, translator = known[BalanceCleared.type_]

    def breaks(event: BalanceCleared, envelope: Envelope) -> object:
        if event.account_id == account:
            raise KeyError("no such currency")
        return translator(event, envelope)

    with monkeypatch.context() as patch:
        patch.setitem(known, BalanceCleared.type_, (event_class, breaks))
        for units in (1, 2):
            await purse.teller.tell(cleared(account, units), version=units)
        await purse.settled()
    assert await kinds_of(purse, account) == [("failed", "open", 1), ("behind", "open", 1)]
    await operate(purse, capsys, "retry")
    assert await held(purse, account) == 3


async def test_a_message_waits_for_a_copy_that_comes_later_on_the_same_stream(purse: Harness, script: Script) -> None:
    account, copy, other = (str(uuid4()) for _ in range(3))
    order: list[int] = []

    async def needs_copy(command: Fill, work: UnitOfWork) -> None:
        if await work.find(Purse, copy) is None:
            raise NotYetKnown("purse", copy)
        order.append(command.minor_units)

    script.on(account, needs_copy)
    for units in (1, 2, 3):
        await purse.teller.tell(cleared(account, units), version=units)
    await purse.teller.tell(cleared(other, 7))
    await until(lambda: _held_is(purse, other, 7))  # others go on
    assert not (await purse.runtime.report())["quiet"]
    assert [row["kind"] for row in await letters_of(purse, account)] == ["waiting"] * 3
    await purse.teller.tell(cleared(copy))
    await until(lambda: _held_is(purse, account, 6))
    await purse.settled()
    assert order == [1, 2, 3]
    assert await letters_of(purse, account) == []
    assert await offsets_committed(purse)


async def _held_is(purse: Harness, account_id: str, minor_units: int) -> bool:
    return bool(await held(purse, account_id) == minor_units)


async def test_a_message_that_waited_too_long_is_a_dead_letter_and_so_is_what_came_behind(
    purse: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_messages, "WAIT_MAX", timedelta(seconds=0.5))  # the module has been read for as long
    account, before = str(uuid4()), len(purse.observer.raw)
    await purse.teller.tell(cleared(account, 14), version=1)  # never known
    await purse.teller.tell(cleared(account, 2), version=2)
    await purse.settled()
    assert [kind for kind, _, _ in await kinds_of(purse, account)] == ["failed", "behind"]
    assert "not-yet-known" in (await letters_of(purse, account))[0]["reason"]
    await until(lambda: _two_copies(purse, account, before))
    assert await held(purse, account) is None


async def test_time_in_which_the_streams_were_not_read_up_to_date_does_not_count_as_waiting(
    purse: Harness, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker was away longer than a message may wait; the copy may be the next thing that it reads."""
    account, tries = str(uuid4()), []

    async def waits(command: Fill, work: UnitOfWork) -> None:
        tries.append(command)
        raise NotYetKnown("purse", account)

    async def tried_twice_more() -> bool:
        return len(tries) >= before + 2

    async def given_up() -> bool:
        return [row["kind"] for row in await letters_of(purse, account)] == ["failed"]

    monkeypatch.setattr(purse.runtime._waiting, "_fresh_seconds", lambda: 29.9)
    script.on(account, waits)
    await purse.teller.tell(cleared(account))
    await until(lambda: _is_waiting(purse, account))
    await purse.runtime.database.pool.execute(
        "update dead_letters set recorded_at = recorded_at - interval '1 hour' where kind = 'waiting'"
    )
    before = len(tries)
    await until(tried_twice_more)
    assert await _is_waiting(purse, account)
    monkeypatch.setattr(purse.runtime._waiting, "_fresh_seconds", lambda: 30.0)
    await until(given_up)


async def _is_waiting(purse: Harness, account: str) -> bool:
    return [row["kind"] for row in await letters_of(purse, account)] == ["waiting"]


async def _two_copies(purse: Harness, account: str, before: int) -> bool:
    return len(await _copies(purse, account, before)) == 2


async def test_every_event_of_the_module_was_told_once(purse: Harness) -> None:
    await purse.settled()
    ids = [seen.envelope.id for seen in purse.observer.seen if isinstance(seen.event, ServiceReactivated)]
    assert len(ids) == len(set(ids))
