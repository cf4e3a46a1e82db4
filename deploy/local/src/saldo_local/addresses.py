"""Where the parts of a running stack are found, as the keeper tells its owner and as services are told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from saldo_local.ports import LOOPBACK


class Part(StrEnum):
    """What a stack is made of; a test that needs only a database starts only that."""

    POSTGRES = "postgres"
    KAFKA = "kafka"
    MAIL = "mail"
    PROCESSOR = "processor"
    TOKENS = "tokens"


ALL_PARTS = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Empty text and port 0 stand for a part that was not started."""

    run_directory: str
    postgres_dsn: str = ""
    kafka_bootstrap: str = ""
    smtp_host: str = LOOPBACK
    smtp_port: int = 0
    mail_api_url: str = ""
    processor_url: str = ""
    processor_api_key: str = ""
    processor_webhook_secret: str = ""
    issuer: str = ""
    jwks_url: str = ""
    jwks_path: str = ""

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    def save(self) -> None:
        """For commands that look for a running stack; readable by its owner alone, for it holds passwords."""
        path = Path(self.run_directory) / "addresses.json"
        path.touch(mode=0o600)
        path.write_text(self.as_json())

    @staticmethod
    def from_json(text: str) -> Addresses:
        return Addresses(**json.loads(text))
