"""notifications as deployed, but for a mail server that answers at once in the same process; it counts the mails."""

from __future__ import annotations

import atexit
import json

import saldo_messaging
from saldo_messaging import Service
from saldo_notifications.application.ports import Mail
from saldo_notifications.bootstrap import build
from saldo_notifications.domain.answers import ServerAnswer, Stage
from saldo_notifications.settings import Settings

from benchmarks.chain.suite import TALLY_FILE, bench_folder

ACCEPTED = 250  # RFC 5321


class InstantMailer:
    """A `Mailer` that takes every mail; the tally is written when the process ends."""

    def __init__(self) -> None:
        self._message_ids: set[str] = set()
        self._mails = 0
        self._folder = bench_folder()
        atexit.register(self._write)

    async def send(self, mail: Mail) -> ServerAnswer:
        self._mails += 1
        self._message_ids.add(mail.message_id)
        return ServerAnswer(Stage.CONTENT, ACCEPTED, "accepted")

    def _write(self) -> None:
        (self._folder / TALLY_FILE).write_text(json.dumps({"mails": self._mails, "distinct": len(self._message_ids)}))


def build_measured() -> Service:
    """The service of this process's environment."""
    return build(Settings(), mailer=InstantMailer())  # type: ignore[call-arg]  # the environment gives them


if __name__ == "__main__":
    saldo_messaging.main(build_measured)
