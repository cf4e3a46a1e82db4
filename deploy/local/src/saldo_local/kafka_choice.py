"""Which Kafka a stack talks to: one that it starts itself, of one of two kinds, or one that stands elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Profile = Literal["embedded", "apache"]

WORDS = "`embedded`, `apache`, `apache-3` (three nodes) or host:port of a broker"
ADDRESS = re.compile(r"[^\s:,]+:\d+(,[^\s:,]+:\d+)*")
CLUSTER_NODES = 3  # the smallest number that loses one node and neither data nor the quorum


class UnknownKafka(ValueError):
    """A word that names no broker."""


@dataclass(frozen=True, slots=True)
class KafkaChoice:
    """`profile` is how services talk to it; an empty `bootstrap` means that the stack starts `nodes` nodes itself."""

    profile: Profile
    nodes: int = 1
    bootstrap: str = ""

    @staticmethod
    def of(word: str) -> KafkaChoice:
        """Reads what stands in SALDO_KAFKA; nothing means the embedded broker. Raises UnknownKafka."""
        match word:
            case "" | "embedded":
                return EMBEDDED
            case "apache":
                return APACHE
            case "apache-3":
                return APACHE_CLUSTER
            case _ if ADDRESS.fullmatch(word):
                return KafkaChoice("apache", bootstrap=word)
        raise UnknownKafka(f"{word!r} is no Kafka: give {WORDS}.")

    @property
    def word(self) -> str:
        """What `of` reads back."""
        if self.bootstrap or self.profile == "embedded":
            return self.bootstrap or self.profile
        return self.profile if self.nodes == 1 else f"{self.profile}-{self.nodes}"

    @property
    def stands_elsewhere(self) -> bool:
        """Somebody else starts and ends it."""
        return bool(self.bootstrap)

    @property
    def replication_factor(self) -> int:
        """Of every topic: a copy on each node, three at most."""
        return min(self.nodes, CLUSTER_NODES)


EMBEDDED = KafkaChoice("embedded")
APACHE = KafkaChoice("apache")
APACHE_CLUSTER = KafkaChoice("apache", nodes=CLUSTER_NODES)
