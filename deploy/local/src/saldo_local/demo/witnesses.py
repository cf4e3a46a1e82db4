"""Who tells the story: a plain subscriber of the public topics, and the mail sink. The script prints no fact itself."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

SUBSCRIBER = Path("examples") / "subscriber" / "subscriber.py"
CATCH_UP_SECONDS_MAX = 30.0
POLL_SECONDS = 0.05
STEADY_POLLS = 6  # polls without news, after quiescence, until what is there counts as all
FACT_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the subscriber."""

    account_id: str
    event: str
    line: str


class Witnesses:
    """Prints each new line as it comes; keeps them, so that the script can compare."""

    def __init__(self, root: Path, *, kafka: str, mail_api: str) -> None:
        self._root = root
        self._kafka = kafka
        self._mail_api = mail_api
        self._subscriber: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._names: dict[str, str] = {}
        self.facts: list[Fact] = []
        self.mails: list[Mapping[str, str]] = []

    async def start(self) -> None:
        """The subscriber is a process of its own, with another team's view."""
        self._subscriber = await asyncio.create_subprocess_exec(
            sys.executable, str(self._root / SUBSCRIBER), self._kafka, stdout=asyncio.subprocess.PIPE
        )
        self._reader = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """End the subscriber."""
        if self._subscriber and self._subscriber.returncode is None:
            self._subscriber.terminate()
            await self._subscriber.wait()
        if self._reader:
            await self._reader

    async def _read(self) -> None:
        if self._subscriber is None or self._subscriber.stdout is None:
            return
        async for raw in self._subscriber.stdout:
            line = raw.decode().rstrip()
            _, _, account_id, event, *_ = line.split(maxsplit=FACT_COLUMNS - 1)
            self.facts.append(Fact(account_id, event, line))
            print(line, flush=True)

    async def caught_up(self, expected: Mapping[str, Counter[str]]) -> None:
        """Wait until the witnesses saw at least what is expected, and until nothing more comes."""
        deadline = asyncio.get_running_loop().time() + CATCH_UP_SECONDS_MAX
        steady, before = 0, -1
        while steady < STEADY_POLLS and asyncio.get_running_loop().time() < deadline:
            await self._read_mails()
            seen = len(self.facts) + len(self.mails)
            complete = all(not (wanted - self.told(account)) for account, wanted in expected.items())
            steady = steady + 1 if complete and seen == before else 0
            before = seen
            await asyncio.sleep(POLL_SECONDS)

    async def _read_mails(self) -> None:
        since = self.mails[-1]["id"] if self.mails else 0
        async with httpx2.AsyncClient(timeout=10.0) as client:
            answer = await client.get(f"{self._mail_api}/messages", params={"since_id": since})
        for mail in answer.json()["messages"]:
            self.mails.append(mail)
            print(f"{'e-mail':16}  to {', '.join(mail['rcpt_to'])}: {mail['subject']}", flush=True)

    def told(self, account_id: str) -> Counter[str]:
        """How often each event was told of this account."""
        return Counter(fact.event for fact in self.facts if fact.account_id == account_id)

    def mails_to(self, address: str) -> int:
        """How many mails this address got."""
        return sum(1 for mail in self.mails if address in mail["rcpt_to"])


def differences(name: str, expected: Mapping[str, int], told: Counter[str]) -> Iterable[str]:
    """What is missing, doubled or extra, in words."""
    for event in sorted({*expected, *told}):
        wanted, found = expected.get(event, 0), told[event]
        if wanted != found:
            yield f"{name}: {event} expected {wanted} times, told {found} times"
