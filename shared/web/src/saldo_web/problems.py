"""Problem details (RFC 9457): the one shape in which every API of ours says that it did not do what was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from starlette.responses import Response

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"

Fact: TypeAlias = "str | int | bool | Sequence[str] | Sequence[Mapping[str, str]] | None"

PROBLEM_SCHEMA: Final[Mapping[str, object]] = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details by RFC 9457. A refusal carries its facts as further members.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:saldo:problem:not-found"]},
        "title": {"type": "string", "description": "The code in words."},
        "status": {"type": "integer", "description": "The HTTP status again."},
        "code": {
            "type": "string",
            "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
            "description": "Stable; programs branch on it.",
        },
        "detail": {"type": "string", "description": "What happened this time, for people."},
        "errors": {
            "type": "array",
            "description": "For a request that breaks its schema: each place and the rule it breaks.",
            "items": {
                "type": "object",
                "required": ["rule", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer into the body, as a URI fragment."},
                    "parameter": {"type": "string", "description": "Name of a query parameter."},
                    "header": {"type": "string", "description": "Name of a header."},
                    "rule": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}
_RESERVED: Final = frozenset({"type", "title", "status", "code", "detail", "instance", "errors"})
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Problem(Exception):
    """An answer that is a problem; raise it in an endpoint where no kind of error of `saldo_work` says it already."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        facts: Mapping[str, Fact] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.facts = dict(facts or {})
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer; a fact whose name RFC 9457 or we have taken is given as `fact_<name>`."""
        members: dict[str, object] = {
            "type": f"urn:saldo:problem:{self.code}",
            "title": self.code.replace("-", " ").capitalize(),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            members["errors"] = list(self.errors)
        for name, value in self.facts.items():
            members[f"fact_{name}" if name in _RESERVED else name] = value
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"), default=str)
        body = text.encode("utf-8", errors="replace")
        return Response(body, self.status, self.headers, PROBLEM_MEDIA_TYPE)


def code_of(error: type[BaseException]) -> str:
    """The code of an error class: `AttemptLimitReached` is `attempt-limit-reached`."""
    return _WORD_START.sub("-", error.__name__).lower()


def status_of(code: str, problems: Mapping[str, int]) -> int:
    """The status of a refusal: what the service says, else 404 for what is not found, else 409."""
    if code in problems:
        return problems[code]
    return 404 if code == "not-found" or code.endswith("-not-found") else 409
