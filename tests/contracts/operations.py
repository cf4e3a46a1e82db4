"""The operations that OpenAPI documents name, and the one way in which a test asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

METHODS = ("get", "put", "post", "patch", "delete")
PUBLIC = "public"
SANDBOX_PATHS = frozenset({"/v1/clock", "/v1/quiescence"})  # documented where time is movable


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path of one service."""

    service: str
    method: str
    path: str
    about: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The operation id."""
        return str(self.about["operationId"])

    @property
    def permission(self) -> str | None:
        """What `x-saldo-permission` says; None where it is missing."""
        found = self.about.get("x-saldo-permission")
        return None if found is None else str(found)

    @property
    def path_parameters(self) -> tuple[str, ...]:
        """Names, in the order of the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def is_public(self) -> bool:
        return self.permission == PUBLIC

    @property
    def takes_body(self) -> bool:
        return "requestBody" in self.about

    def url(self, values: Mapping[str, str]) -> str:
        """The path with its parameters filled in; raises KeyError for one that has no value."""
        return self.path.format_map({name: values[name] for name in self.path_parameters})

    def headers(self) -> dict[str, str]:
        """Every write has a key of its own."""
        return {} if self.method == "get" else {"Idempotency-Key": str(uuid4())}

    def __str__(self) -> str:
        return f"{self.service}: {self.method.upper()} {self.path}"


def operations(service: str, document: Mapping[str, Any]) -> Iterator[Operation]:
    """All of them, in the document's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(service, method, path, item[method])
