"""The addresses of the receiver for readers: pages for people, JSON and text for tools."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from saldo_telemetry.receiver import pages
from saldo_telemetry.receiver.question import Question, TraceSummary
from saldo_telemetry.receiver.spans import NANOSECONDS_MAX, StoredSpan, Value, to_json
from saldo_telemetry.receiver.store import SpanStore
from saldo_telemetry.receiver.tree import Node, grow, render_tree

QUESTION_CHARACTERS_MAX: Final = 200
HTML: Final = "text/html; charset=utf-8"
_TRACE_ID: Final = r"([0-9a-f]{32})"


class Refused(Exception):
    """A request that gets no answer but a problem; its status and a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes back to who asked."""

    body: bytes
    content_type: str
    status: int = 200
    location: str | None = None


class Reader:
    """Answers GET requests from one store."""

    def __init__(self, store: SpanStore) -> None:
        self._store = store

    def show(self, address: str) -> Shown:
        """The answer to this path and query."""
        parts = urlsplit(address)
        asked = {name: values[-1].strip() for name, values in parse_qs(parts.query).items()}
        is_page = parts.path == "/" or parts.path.startswith("/trace/")
        try:
            return self._page(parts.path, asked) if is_page else self._document(parts.path, asked)
        except Refused as refused:
            if not is_page:
                return refusal(refused)
            title = "No such trace" if refused.status == 404 else "That cannot be shown"
            return _html(pages.trouble_page(title, str(refused)), refused.status)

    def _page(self, path: str, asked: Mapping[str, str]) -> Shown:
        if path == "/":
            question = _question(asked)
            if question.trace_id and self._store.trace(question.trace_id):
                return Shown(b"", HTML, 303, f"/trace/{question.trace_id}")
            return _html(pages.traces_page(self._store, question))
        trace_id = _id(r"/trace/", path)
        spans = self._spans(trace_id)
        return _html(pages.trace_page(self._store, trace_id, spans, with_shared=asked.get("shared") == "1"))

    def _document(self, path: str, asked: Mapping[str, str]) -> Shown:
        if path == "/traces":
            return _json({"traces": [_summary(trace) for trace in self._store.traces(_question(asked))]})
        if path.startswith("/assets/") and (name := path.removeprefix("/assets/")) in pages.ASSETS:
            return Shown(pages.asset(name), pages.ASSETS[name])
        trace_id = _id(r"/traces/", path)
        spans = self._spans(trace_id)
        if asked.get("format") == "text":
            return Shown((render_tree(spans) + "\n").encode(), "text/plain; charset=utf-8")
        later: list[Value] = list(self._store.linking_to(trace_id))
        return _json({"trace_id": trace_id, "spans": _nested(grow(spans)), "continued_in": later})

    def _spans(self, trace_id: str) -> Sequence[StoredSpan]:
        if not (spans := self._store.trace(trace_id)):
            raise Refused(404, "No span of this trace has arrived, or it is too old to be kept.")
        return spans


def refusal(refused: Refused) -> Shown:
    """The problem document (RFC 9457)."""
    problem = {"type": "about:blank", "status": refused.status, "detail": str(refused)}
    return Shown(json.dumps(problem).encode(), "application/problem+json", refused.status)


def _id(prefix: str, path: str) -> str:
    if match := re.fullmatch(prefix + _TRACE_ID, path):
        return match[1]
    raise Refused(404, "try /, /traces or /traces/{trace_id}")


def _question(asked: Mapping[str, str]) -> Question:
    limit, before = asked.get("limit", "100"), asked.get("before", "")
    if not limit.isdecimal() or not (before == "" or before.isdecimal()):
        raise Refused(400, "limit and before are numbers")
    return Question(
        text=asked.get("q", "")[:QUESTION_CHARACTERS_MAX],
        service=asked.get("service") or None,
        errors_only=asked.get("errors") == "1",
        payments_only=asked.get("payments") == "1",
        upkeep=asked.get("upkeep") == "1",
        since_ns=_since(asked),
        before_ns=min(int(before), NANOSECONDS_MAX) if before else None,
        limit=min(int(limit), NANOSECONDS_MAX),
    )


def _since(asked: Mapping[str, str]) -> int:
    try:
        moment = datetime.fromisoformat(asked["since"]) if "since" in asked else datetime.fromtimestamp(0, UTC)
    except ValueError:
        raise Refused(400, "since is an ISO 8601 moment") from None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1_000_000_000)


def _summary(trace: TraceSummary) -> Value:
    return {
        "trace_id": trace.trace_id,
        "name": trace.name,
        "services": list(trace.services),
        "started_at": datetime.fromtimestamp(trace.started_ns / 1_000_000_000, UTC).isoformat(),
        "duration_ms": round(trace.milliseconds, 3),
        "spans": trace.spans,
        "errors": trace.errors,
        "payment_ids": list(trace.payment_ids),
        "account_ids": list(trace.account_ids),
    }


def _nested(nodes: Sequence[Node]) -> list[Value]:
    return [{**to_json(node.span), "children": _nested(node.children)} for node in nodes]


def _html(page: str, status: int = 200) -> Shown:
    return Shown(page.encode(), HTML, status)


def _json(document: Value) -> Shown:
    return Shown(json.dumps(document).encode(), "application/json")
