"""The pages of the receiver: the list of traces, and one trace as a waterfall; they work without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from saldo_telemetry.receiver import wording
from saldo_telemetry.receiver.question import UPKEEP_NAMES, Question, TraceSummary
from saldo_telemetry.receiver.spans import StoredSpan
from saldo_telemetry.receiver.store import SpanStore
from saldo_telemetry.receiver.waterfall import Waterfall, lay_out, waited_ns

LATER_SHOWN_MAX: Final = 5  # traces that go on with one, drawn below it; the rest are links
RELATED_PAYMENTS_MAX: Final = 5  # a trace of a billing run may name hundreds
RELATED_SHOWN_MAX: Final = 10
TRACES_A_PAGE: Final = 50
ASSETS: Final = {"style.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Continuation:
    """A later trace that was linked to the one shown."""

    summary: TraceSummary
    waterfall: Waterfall
    after_ns: int


def traces_page(store: SpanStore, question: Question) -> str:
    """The newest traces that answer the question."""
    found = store.traces(replace(question, limit=TRACES_A_PAGE + 1))
    shown = found[:TRACES_A_PAGE]
    older = None
    if len(found) > TRACES_A_PAGE:
        older = "/?" + urlencode({**_asked(question), "before": str(shown[-1].started_ns)})
    return _render("traces.jinja", traces=shown, question=question, services=store.services(), older=older)


def trace_page(store: SpanStore, trace_id: str, spans: Sequence[StoredSpan], *, with_shared: bool) -> str:
    """One trace and what came of it later; `with_shared`: also the database writes and publications that served it."""
    linking = store.summaries(store.linking_to(trace_id))
    machinery = [summary for summary in linking if summary.name.startswith(UPKEEP_NAMES)]
    shared = [span for summary in machinery for span in store.trace(summary.trace_id)] if with_shared else []
    waterfall = lay_out(spans, shared)
    later = [summary for summary in linking if not summary.name.startswith(UPKEEP_NAMES)]
    earlier = dict.fromkeys(linked for span in spans for linked, _ in span.links if linked != trace_id)
    (summary,) = store.summaries([trace_id])
    return _render(
        "trace.jinja",
        summary=summary,
        waterfall=waterfall,
        services=list(dict.fromkeys(span.service for span in spans)),
        failed=[span for span in spans if span.status == "error"],
        machinery=len(machinery),
        with_shared=with_shared,
        earlier=store.summaries(earlier),
        continued=[_continuation(store, one, waterfall) for one in later[:LATER_SHOWN_MAX]],
        more_later=later[LATER_SHOWN_MAX:],
        related=_related(store, summary),
    )


def trouble_page(title: str, detail: str) -> str:
    """What to say when there is nothing to show."""
    return _render("trouble.jinja", title=title, detail=detail)


@cache
def asset(name: str) -> bytes:
    """A file of ASSETS."""
    return resources.files(__package__).joinpath("assets", name).read_bytes()


def _continuation(store: SpanStore, summary: TraceSummary, first: Waterfall) -> Continuation:
    spans = store.trace(summary.trace_id)
    return Continuation(summary, lay_out(spans), summary.started_ns - first.started_ns - first.length_ns)


def _related(store: SpanStore, summary: TraceSummary) -> list[TraceSummary]:
    """Other traces of the same payments (a webhook's, a retry's, a read's), the newest first."""
    found = {
        one.trace_id: one
        for payment_id in summary.payment_ids[:RELATED_PAYMENTS_MAX]
        for one in store.traces(Question(text=payment_id, limit=RELATED_SHOWN_MAX))
        if one.trace_id != summary.trace_id
    }
    return sorted(found.values(), key=lambda one: one.started_ns, reverse=True)[:RELATED_SHOWN_MAX]


def _asked(question: Question) -> dict[str, str]:
    """The question as the parameters of a link."""
    flags = {"errors": question.errors_only, "payments": question.payments_only, "upkeep": question.upkeep}
    texts = {"q": question.text, "service": question.service or ""}
    return {**{name: text for name, text in texts.items() if text}, **{name: "1" for name, on in flags.items() if on}}


def _render(template: str, **facts: object) -> str:
    return _templates().get_template(template).render(**facts)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("saldo_telemetry.receiver"),
        autoescape=True,  # whatever a span is called, it stays a text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "took": wording.took,
        "moment": wording.moment,
        "short": wording.short,
        "hue": wording.hue,
        "plain": wording.plain,
        "beginning": wording.beginning,
        "waited": waited_ns,
    }
    return templates
