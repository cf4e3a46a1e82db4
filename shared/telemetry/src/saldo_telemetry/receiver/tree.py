"""Draws a trace as a tree, for terminals and for failing tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from saldo_telemetry.receiver.spans import StoredSpan


@dataclass(slots=True)
class Node:
    """A span and what happened inside it, in the order of start."""

    span: StoredSpan
    children: list[Node] = field(default_factory=list)


def grow(spans: Sequence[StoredSpan]) -> list[Node]:
    """The roots; a span whose parent did not arrive is a root, and no span is lost to a circle of parents."""
    nodes = {span.span_id: Node(span) for span in sorted(spans, key=lambda span: span.started_ns)}
    roots: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.span.parent_id or "")
        if parent is None or _descends(parent, node, nodes):
            roots.append(node)
        else:
            parent.children.append(node)
    return roots


def walk(roots: Sequence[Node], depth: int = 0) -> Iterator[tuple[int, StoredSpan]]:
    """Every span with its depth, parents first."""
    for node in roots:
        yield depth, node.span
        yield from walk(node.children, depth + 1)


def render_tree(spans: Sequence[StoredSpan]) -> str:
    """The trace as text: a line a span with service, name, kind, start after the first span, and duration.

    Spans of several traces are drawn one trace below the other.
    """
    lines: list[str] = []
    for trace_id in dict.fromkeys(span.trace_id for span in spans):
        own = [span for span in spans if span.trace_id == trace_id]
        start = min(span.started_ns for span in own)
        end = max(span.ended_ns for span in own)
        lines.append(f"trace {trace_id}: {len(own)} spans, {_milliseconds(end - start)}")
        lines.extend(_draw(grow(own), start, "", top=True))
    return "\n".join(lines)


def _draw(nodes: Sequence[Node], start: int, indent: str, *, top: bool = False) -> Iterator[str]:
    for number, node in enumerate(nodes, 1):
        last = number == len(nodes)
        branch = "" if top else ("└─ " if last else "├─ ")
        yield indent + branch + _line(node.span, start)
        yield from _draw(node.children, start, indent if top else indent + ("   " if last else "│  "))


def _line(span: StoredSpan, start: int) -> str:
    text = f"{span.service}  {span.name}  [{span.kind}]  +{_milliseconds(span.started_ns - start)}"
    text += f"  {_milliseconds(span.ended_ns - span.started_ns)}"
    if span.status == "error":
        text += f"  ERROR {span.attributes.get('error.type', '')}".rstrip()
    for trace_id, _ in span.links:
        text += f"  <- {trace_id}"
    return text


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1_000_000:.1f} ms"


def _descends(candidate: Node, ancestor: Node, nodes: dict[str, Node]) -> bool:
    """Whether hanging the ancestor below the candidate would close a circle."""
    seen: set[str] = set()
    current: Node | None = candidate
    while current is not None and current.span.span_id not in seen:
        if current is ancestor:
            return True
        seen.add(current.span.span_id)
        current = nodes.get(current.span.parent_id or "")
    return False
