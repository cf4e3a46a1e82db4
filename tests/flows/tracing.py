"""The traces that all services told of, read from the suite's receiver."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

TOLD_SECONDS_MAX = 20.0  # exporters send a batch five times a second
ASK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Span:
    """A span with what happened inside it, in the order of start."""

    service: str
    name: str
    kind: str
    attributes: dict[str, Any]
    children: list[Span] = field(default_factory=list)

    def ways(self) -> Iterator[tuple[Span, ...]]:
        """For itself and every span below: the spans from here down to it."""
        yield (self,)
        for child in self.children:
            yield from ((self, *way) for way in child.ways())

    def __str__(self) -> str:
        return f"{self.service} {self.name}"

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The tree as text."""
        yield "  " * depth + str(self)
        for child in self.children:
            yield from child.lines(depth + 1)


class Traces:
    """The receiver's JSON."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=url, timeout=30.0)

    async def close(self) -> None:
        await self._client.aclose()

    async def of(self, trace_id: str, *, complete: Callable[[Sequence[Span]], bool]) -> Sequence[Span]:
        """The roots of a trace as soon as they are complete; fails with the tree that did arrive."""
        deadline = time.monotonic() + TOLD_SECONDS_MAX
        while not complete(roots := [_read(one) for one in await self._spans(trace_id)]):
            if time.monotonic() > deadline:
                tree = "\n".join(line for root in roots for line in root.lines())
                raise AssertionError(f"trace {trace_id} is not complete; told:\n{tree or '  nothing'}")
            await asyncio.sleep(ASK_SECONDS)
        return roots

    async def _spans(self, trace_id: str) -> list[dict[str, Any]]:
        answer = await self._client.get(f"/traces/{trace_id}")
        if answer.status_code == httpx2.codes.NOT_FOUND:
            return []
        answer.raise_for_status()
        spans: list[dict[str, Any]] = answer.json()["spans"]
        return spans


def everything_told(run_directory: Path) -> str:
    """Names and attributes of all spans of all services, as text to search in."""
    file = run_directory / "traces.sqlite"
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as spans:
        return "\n".join(
            f"{name} {attributes}" for name, attributes in spans.execute("select name, attributes from spans")
        )


def new_trace() -> tuple[str, str]:
    """A trace id and the traceparent of a caller that samples it (W3C Trace Context)."""
    trace_id = secrets.token_hex(16)
    return trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-01"


def _read(one: dict[str, Any]) -> Span:
    children = [_read(child) for child in one["children"]]
    return Span(one["service"], one["name"], one["kind"], one["attributes"], children)
