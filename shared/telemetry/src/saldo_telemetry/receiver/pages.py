"""The pages of the receiver: a list of traces, and one trace as a waterfall; plain HTML without scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final
from urllib.parse import quote

from saldo_telemetry.receiver.spans import StoredSpan
from saldo_telemetry.receiver.store import TraceSummary
from saldo_telemetry.receiver.tree import grow, walk

_HUE_STEP: Final = 137.5  # degrees; the golden angle keeps the colours of neighbours apart, however many there are
_UPKEEP: Final = ("write unit", "publish ")  # traces of the machinery, which serve many causes at once

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; --bad: #c62828; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.25rem; font-weight: 600; } a { color: inherit; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; vertical-align: top; }
th { color: var(--soft); font-weight: 500; } tr { border-bottom: 1px solid var(--line); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.moment { white-space: nowrap; } td.moment, .soft { color: var(--soft); }
.bad { color: var(--bad); font-weight: 600; }
td.name { width: 38%; } td.bar { width: 46%; min-width: 16rem; } .lane { position: relative; height: 1.2rem; }
.lane i { position: absolute; top: .25rem; height: .7rem; min-width: 2px; border-radius: 2px;
  background: hsl(var(--hue) 55% 50%); }
.dot { display: inline-block; width: .65rem; height: .65rem; border-radius: 50%; background: hsl(var(--hue) 55% 50%); }
summary { cursor: pointer; } dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .3rem 0; }
body:not(:has(#upkeep:checked)) tr.upkeep { display: none; } tr:hover { background: #8881; }
.later a { font-family: ui-monospace, monospace; margin-right: 1rem; } .wide { overflow-x: auto; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } nav a { margin-right: .8rem; }
"""


def traces_page(traces: Sequence[TraceSummary], services: Sequence[str], chosen: str | None) -> str:
    """The newest traces, of all services or of the chosen one."""
    links = ['<a href="/">all</a>'] + [f'<a href="/?service={quote(name)}">{escape(name)}</a>' for name in services]
    rows = "".join(_trace_row(trace) for trace in traces) or '<tr><td colspan="6">No spans have arrived yet.</td></tr>'
    title = f"Traces of {chosen}" if chosen else "Traces"
    return _page(
        title,
        f"<nav>{''.join(links)}</nav>"
        '<p><label><input type="checkbox" id="upkeep"> also the database writes and publications, which serve many '
        "traces at once</label></p>"
        '<div class="wide"><table><tr><th>Started (UTC)<th>Trace<th>Services<th class="number">Spans'
        f'<th class="number">Errors<th class="number">Took</tr>{rows}</table></div>',
    )


def trace_page(trace_id: str, spans: Sequence[StoredSpan], later: Sequence[str]) -> str:
    """One trace: a line a span, its bar where and as long as it ran, its attributes on request."""
    start = min(span.started_ns for span in spans)
    length = max(1, max(span.ended_ns for span in spans) - start)
    hues = _hues(spans)
    rows = "".join(_span_row(span, hues, depth, start=start, length=length) for depth, span in walk(grow(spans)))
    legend = " &nbsp; ".join(
        f'<span class="dot" style="--hue:{hue}"></span> {escape(name)}' for name, hue in hues.items()
    )
    names = "".join(f'<a href="/trace/{name}">{name}</a> ' for name in map(escape, later))
    linked = f'<details class="later"><summary>{len(later)} linked traces</summary>{names}</details>' if later else ""
    return _page(
        f"Trace {trace_id}",
        f'<p><a href="/">All traces</a> <span class="soft">{_moment(start)} UTC, {len(spans)} spans, '
        f"{_took(length / 1_000_000)}</span></p><p>{legend}</p>{linked}"
        f'<div class="wide"><table>{rows}</table></div>',
    )


def _trace_row(trace: TraceSummary) -> str:
    errors = f'<span class="bad">{trace.errors}</span>' if trace.errors else "0"
    upkeep = ' class="upkeep"' if trace.name.startswith(_UPKEEP) else ""
    return (
        f'<tr{upkeep}><td class="moment">{_moment(trace.started_ns)}<td><a href="/trace/{escape(trace.trace_id)}">'
        f"{escape(trace.name)}</a><td>{escape(', '.join(trace.services))}"
        f'<td class="number">{trace.spans}<td class="number">{errors}'
        f'<td class="number">{_took(trace.milliseconds)}</tr>'
    )


def _span_row(span: StoredSpan, hues: Mapping[str, int], depth: int, *, start: int, length: int) -> str:
    left = 100 * (span.started_ns - start) / length
    width = 100 * (span.ended_ns - span.started_ns) / length
    bad = ' class="bad"' if span.status == "error" else ""
    details = "".join(
        f"<dt>{escape(name)}<dd>{escape(value if isinstance(value, str) else json.dumps(value))}"
        for name, value in span.attributes.items()
    )
    links = "".join(
        f'<dt>linked to<dd><a href="/trace/{escape(trace_id)}">{escape(trace_id)}</a>' for trace_id, _ in span.links
    )
    return (
        f'<tr><td class="name" style="padding-left:{depth * 1.2 + 0.6:.1f}rem"><details><summary{bad}>'
        f'{escape(span.name)} <span class="soft">{escape(span.service.removeprefix("saldo-"))}</span></summary>'
        f"<dl><dt>service<dd>{escape(span.service)}<dt>kind<dd>{escape(span.kind)}"
        f"{details}{links}</dl></details>"
        f'<td class="bar"><div class="lane" title="{escape(span.service)}">'
        f'<i style="--hue:{hues[span.service]};left:{left:.2f}%;width:{width:.2f}%"></i></div>'
        f'<td class="number">{_took(span.milliseconds)}</tr>'
    )


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{content}</html>"
    )


def _hues(spans: Sequence[StoredSpan]) -> Mapping[str, int]:
    """A colour for each service of one trace, in the order in which they come."""
    services = dict.fromkeys(span.service for span in spans)
    return {name: int(210 + number * _HUE_STEP) % 360 for number, name in enumerate(services)}


def _took(milliseconds: float) -> str:
    return f"{milliseconds / 1_000:.1f} s" if milliseconds >= 10_000 else f"{milliseconds:.1f} ms"


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
