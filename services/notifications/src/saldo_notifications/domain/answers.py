"""What a mail server's answer means for a notice: delivered, later, or never (RFC 5321, section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

ANSWER_CHARACTERS_MAX = 300  # enough for every server's sentence; the rest is advertising
DOOR_CODES = frozenset({530, 534, 535, 538})  # RFC 4954: sign in first, or otherwise; our settings, not the notice
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")


class Stage(StrEnum):
    """How far a delivery came when its answer was given."""

    COMPOSE = "compose"  # the text could not be made, no server was asked
    ADDRESS = "address"  # no mail can be sent to such an address, no server was asked
    CONNECT = "connect"  # greeting, TLS, sign-in: the notice itself was not looked at
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"  # DATA: from here on a lost connection leaves the outcome unknown


class Failure(StrEnum):
    """Why a notice was not delivered; the words are those of the contract."""

    RECIPIENT_REFUSED = "recipient_refused"
    MESSAGE_REFUSED = "message_refused"
    UNREACHABLE = "unreachable"
    CONTACT_ERASED = "contact_erased"
    CONTACT_UNKNOWN = "contact_unknown"
    TEMPLATE_FAULTY = "template_faulty"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"


class Fate(StrEnum):
    DELIVERED = "delivered"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """The last thing a server said, kept as proof; code is None where no answer came."""

    stage: Stage
    code: int | None
    text: str

    @property
    def in_doubt(self) -> bool:
        """The content was handed over and no answer came: the mail may be with its recipient, and is sent again."""
        return self.stage is Stage.CONTENT and self.code is None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`failure` is None exactly when the notice is delivered."""

    fate: Fate
    failure: Failure | None


def judge(answer: ServerAnswer) -> Verdict:
    """2xx to the content: delivered; 5xx to sender, recipient or content: never; all else, silence too: later.

    A refusal at the door (greeting, TLS, sign-in, whenever it is asked for) is the server's or our configuration's
    fault, whatever its code, and must not end a notice.
    """
    if answer.stage is Stage.COMPOSE:
        return Verdict(Fate.NEVER, Failure.TEMPLATE_FAULTY)
    if answer.stage is Stage.ADDRESS:
        return Verdict(Fate.NEVER, Failure.RECIPIENT_REFUSED)
    if answer.stage is Stage.CONNECT or answer.code is None or answer.code in DOOR_CODES:
        return Verdict(Fate.LATER, Failure.UNREACHABLE)
    if answer.stage is Stage.CONTENT and 200 <= answer.code < 300:
        return Verdict(Fate.DELIVERED, None)
    failure = Failure.RECIPIENT_REFUSED if answer.stage is Stage.RECIPIENT else Failure.MESSAGE_REFUSED
    return Verdict(Fate.NEVER if 500 <= answer.code < 600 else Fate.LATER, failure)


def without_addresses(text: str) -> str:
    """A server's sentence fit to be kept: on one line, short, and every e-mail address taken out of it."""
    return _ADDRESS.sub("<address>", " ".join(text.split()))[:ANSWER_CHARACTERS_MAX]
