"""Where the parts of a suite are found, be it one of this process or one that `make up` left standing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from saldo_local.addresses import Addresses, Part
from saldo_local.conductor import Conductor, Door
from saldo_local.suite import SERVICES, Suite
from saldo_local.tokens import KEY_FILE, Kind, TokenIssuer

SELLERS = ("aurora", "borealis")
BOOKS_PERMISSION = "billing_information:view"
SANDBOX_PERMISSION = "service:override"

Tokens = Callable[[str], str]
"""permission -> a token of somebody who has it for all sellers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`processes` by name, `databases` by service; all on loopback."""

    processes: Mapping[str, str]
    databases: Mapping[str, str]
    kafka_bootstrap: str
    mail_api_url: str
    processor_url: str
    processor_api_key: str
    token: Tokens

    @classmethod
    def of_suite(cls, suite: Suite) -> Self:
        """A suite that this process runs, as it is now."""
        return cls(
            processes={process.name: process.url for process in suite.processes.values()},
            databases={service: database.dsn for service, database in suite.databases.items()},
            kafka_bootstrap=suite.stack.kafka_bootstrap,
            mail_api_url=suite.stack.mail_api_url,
            processor_url=suite.stack.processor_url,
            processor_api_key=suite.stack.processor_api_key,
            token=lambda permission: suite.token("invariants", permissions=[permission], kind=Kind.SERVICE),
        )

    @classmethod
    def of_standing(cls, processes: Mapping[str, str], run_directory: Path, settings: Mapping[str, Path]) -> Self:
        """A suite that another process holds; `settings` are the files with each service's environment."""
        parts = Addresses.from_json((run_directory / "addresses.json").read_text())
        issuer = TokenIssuer.load(run_directory / Part.TOKENS / KEY_FILE, parts.issuer)
        environments = {service: environment_of(path) for service, path in settings.items()}
        return cls(
            processes=processes,
            databases={
                service: environment[f"{service.upper()}_DATABASE_DSN"] for service, environment in environments.items()
            },
            kafka_bootstrap=parts.kafka_bootstrap or environments["payments"]["PAYMENTS_KAFKA_BOOTSTRAP"],
            mail_api_url=parts.mail_api_url,
            processor_url=parts.processor_url,
            processor_api_key=parts.processor_api_key,
            token=lambda permission: issuer.issue(
                "invariants", SELLERS, account_ids="*", permissions=[permission], kind=Kind.SERVICE
            ),
        )

    def api(self, service: str) -> str:
        """Base address of a service's API."""
        return self.processes.get(f"{service}-api") or self.processes[f"{service}-serve"]

    def conductor(self) -> Conductor:
        """Who asks all processes and the simulator whether anything is under way. The caller closes it."""
        return Conductor(
            [*(Door(url) for url in self.processes.values()), self._simulator()],
            lambda: self.token(SANDBOX_PERMISSION),
        )

    def _simulator(self) -> Door:
        return Door(
            self.processor_url,
            clock_path="/simulator/clock",
            quiescence_path="/simulator/quiescence",
            authorization=f"Bearer {self.processor_api_key}",
        )


def environment_of(path: Path) -> dict[str, str]:
    """The variables of a file with one `NAME='value'` a line."""
    found = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        found[name] = "".join(shlex.split(value))
    return found


def processes_of(state: str) -> Mapping[str, str]:
    """The addresses of service processes among all that a standing suite wrote down."""
    addresses: Mapping[str, str] = json.loads(state)["addresses"]
    kinds: Sequence[str] = ("api", "worker", "serve")
    names = [f"{service}-{kind}" for service in SERVICES for kind in kinds]
    return {name: addresses[name] for name in names if name in addresses}


def run_directory_of(state: str) -> Path:
    """Where a standing suite keeps its parts' addresses and logs."""
    return Path(json.loads(state)["addresses"]["logs"]).parent
