"""Stripe's request and response format: nested form fields in, JSON and error bodies out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Union
from urllib.parse import parse_qsl

Body = dict[str, object]
Tree = dict[str, Union[str, "Tree"]]
KEY_PARTS = re.compile(r"[^\[\]]+|\[\]")
ID_BYTES = 12  # twenty-four characters, as Stripe's
DEPTH_MAX = 6
FIELDS_MAX = 500


class Refused(Exception):
    """A request that changes nothing; `code` and `param` as Stripe names them."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str = "",
        param: str = "",
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: Body = {"type": kind, "message": message}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            self.error["param"] = param


class CardRefused(Exception):
    """The card was refused: answered with 402, and what was recorded about it stays."""

    def __init__(self, error: Body) -> None:
        super().__init__(str(error.get("message")))
        self.error = {"type": "card_error", **error}


@dataclass(frozen=True, slots=True)
class Form:
    """Typed access to nested form or query fields; every getter raises Refused that names the parameter."""

    tree: Tree = field(default_factory=dict)
    prefix: str = ""

    @staticmethod
    def parse(text: str) -> Form:
        tree: Tree = {}
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX):
            _plant(tree, KEY_PARTS.findall(name)[:DEPTH_MAX], value)
        return Form(tree)

    def only(self, known: Iterable[str]) -> Form:
        """Refuses parameters the simulator does not know, so that a misspelt one is noticed."""
        for name in self.tree.keys() - set(known) - {"expand"}:
            raise Refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
        return self

    def text(self, name: str, default: str = "") -> str:
        value = self.tree.get(name, default)
        if not isinstance(value, str):
            raise Refused(f"Invalid string: {name}", param=self._path(name))
        return value

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            path = self._path(name)
            raise Refused(f"Missing required param: {path}.", code="parameter_missing", param=path)
        return value

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,15}", value):
            path = self._path(name)
            raise Refused(f"Invalid integer: {value}", code="parameter_invalid_integer", param=path)
        return int(value)

    def flag(self, name: str) -> bool:
        value = self.text(name, "false")
        if value not in ("true", "false"):
            raise Refused(f"Invalid boolean: {value}", param=self._path(name))
        return value == "true"

    def nested(self, name: str) -> Form:
        value = self.tree.get(name, {})
        return Form(value if isinstance(value, dict) else {}, self._path(name))

    def mapping(self, name: str) -> dict[str, str]:
        """Flat text to text, such as metadata."""
        return {key: value for key, value in self.nested(name).tree.items() if isinstance(value, str)}

    def items(self, name: str) -> list[str]:
        return list(self.mapping(name).values())

    def _path(self, name: str) -> str:
        return f"{self.prefix}[{name}]" if self.prefix else name


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(ID_BYTES)}"


def not_found(kind: str, identifier: str, param: str = "id") -> Refused:
    return Refused(f"No such {kind}: '{identifier}'", status=404, code="resource_missing", param=param)


def merged(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Stripe's rule for metadata: named keys change, an empty value removes its key."""
    return {key: value for key, value in {**old, **new}.items() if value != ""}


def _plant(tree: Tree, path: list[str], value: str) -> None:
    for part in path[:-1]:
        key = str(len(tree)) if part == "[]" else part
        branch = tree.setdefault(key, {})
        if isinstance(branch, str):
            raise Refused(f"Invalid parameter: {path[0]}", param=path[0])
        tree = branch
    if path:
        tree[str(len(tree)) if path[-1] == "[]" else path[-1]] = value
