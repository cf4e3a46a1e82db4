"""What would break readers or writers of another version: released schemas against those of today.

Messages are kept for ever and services are upgraded one by one. So today's readers must read every message of the
past, and yesterday's readers every message of today: a difference that breaks either way is named.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saldo_contracts.schemas import all_schemas

Schema = dict[str, Any]

_LOWER_BOUNDS = ("minimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("pattern", "format", "const")


def breaking_changes(released: Path) -> list[str]:
    """Each breaking difference in one line, event and field first. `released` is a generated folder of old.

    Raises FileNotFoundError when the folder holds no schemas, so that a wrong path is never a pass.
    """
    old_files = sorted((released / "schemas").glob("*.json"))
    if not old_files:
        raise FileNotFoundError(f"no schemas in {released}")
    old = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in old_files}
    return compare_all(old, all_schemas())


def compare_all(old: dict[str, Schema], new: dict[str, Schema]) -> list[str]:
    """The same for schemas by name; what is only in `new` breaks nobody."""
    found: list[str] = []
    for name, schema in sorted(old.items()):
        if name not in new:
            found.append(f"{name}: event removed")
            continue
        before, after = schema.get("x-event", {}), new[name].get("x-event", {})
        found += [
            f"{name}: {part} changed from {before[part]} to {after.get(part)}"
            for part in before
            if before[part] != after.get(part)
        ]
        found += _Comparison(schema, new[name]).differences(name)
    return found


class _Comparison:
    """Two schemas, each with its own definitions."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old = old
        self._new = new

    def differences(self, name: str) -> list[str]:
        return list(self._compare(name, self._old, self._new))

    def _compare(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        old_kinds, new_kinds = _variants(old, self._old), _variants(new, self._new)
        for kind in sorted(old_kinds.keys() - new_kinds.keys()):
            yield f"{at}: type narrowed, no longer {kind}"
        for kind in sorted(new_kinds.keys() - old_kinds.keys()):
            yield f"{at}: type widened to {kind}, which yesterday's readers refuse"
        for kind in sorted(old_kinds.keys() & new_kinds.keys()):
            yield from self._one(at, old_kinds[kind], new_kinds[kind])

    def _one(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        yield from _bounds(at, old, new)
        yield from _vocabulary(at, old, new)
        yield from self._fields(at, old, new)
        for part in ("items", "additionalProperties", "propertyNames"):
            if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
                yield from self._compare(f"{at}[]", old[part], new[part])
            elif old.get(part) != new.get(part):
                yield f"{at}: {part} changed"

    def _fields(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        old_fields, new_fields = old.get("properties", {}), new.get("properties", {})
        old_required, new_required = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(old_fields.keys() - new_fields.keys()):
            yield f"{at}.{name}: field removed"
        for name in sorted(new_required - old_required):
            known = "now required" if name in old_fields else "new required field"
            yield f"{at}.{name}: {known}, which messages of the past lack"
        for name in sorted((old_required - new_required) & new_fields.keys()):
            yield f"{at}.{name}: no longer required, but yesterday's readers need it"
        for name in sorted(old_fields.keys() & new_fields.keys()):
            yield from self._compare(f"{at}.{name}", old_fields[name], new_fields[name])


def _variants(schema: Schema, root: Schema) -> dict[str, Schema]:
    """What a value may be, by kind: a nullable field is two. References are followed one definition at a time."""
    if "$ref" in schema:
        target = root["$defs"][schema["$ref"].rpartition("/")[2]]
        return _variants(target, root)
    if "anyOf" in schema:
        return {kind: found for option in schema["anyOf"] for kind, found in _variants(option, root).items()}
    return {str(schema.get("type", "anything")): schema}


def _bounds(at: str, old: Schema, new: Schema) -> Iterator[str]:
    for word in _EXACT:
        if old.get(word) != new.get(word):
            yield f"{at}: type narrowed, {word} was {old.get(word)} and is {new.get(word)}"
    for word in (*_LOWER_BOUNDS, *_UPPER_BOUNDS):
        before, after = old.get(word), new.get(word)
        if before == after:
            continue
        tighter = before is None or (after is not None and (after > before) == (word in _LOWER_BOUNDS))
        yield f"{at}: type {'narrowed' if tighter else 'widened'}, {word} was {before} and is {after}"


def _vocabulary(at: str, old: Schema, new: Schema) -> Iterator[str]:
    """A closed list may not change at all; an open one may grow."""
    if ("enum" in old) != ("enum" in new) or ("x-extensible-enum" in old) != ("x-extensible-enum" in new):
        yield f"{at}: the list of values was opened or closed"
        return
    for word in ("enum", "x-extensible-enum"):
        before, after = old.get(word, []), new.get(word, [])
        for value in (value for value in before if value not in after):
            yield f"{at}: enum value removed: {value}"
        for value in (value for value in after if value not in before and word == "enum"):
            yield f"{at}: value added to a closed list, which yesterday's readers refuse: {value}"
