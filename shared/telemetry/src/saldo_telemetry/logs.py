"""Log lines: one JSON object a line on stdout, joined to the trace they were written in, free of personal data."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Final, Protocol, TextIO, cast

import structlog
from opentelemetry import trace

from saldo_telemetry.redaction import redact, scrub_text

EXCEPTION_CHARACTERS_MAX: Final = 20_000  # one line must fit a log collector's record

# PostgreSQL quotes the row it refused, whatever stands in it; what follows in a traceback begins like one of these.
_ROW_QUOTED: Final = re.compile(
    r"^DETAIL:.*?(?=^(?:HINT:|Traceback |The above exception|During handling|\n)|\Z)", re.MULTILINE | re.DOTALL
)

_TALKATIVE: Final = ("httpx", "httpx2", "httpcore", "httpcore2")  # they log whole addresses, query strings included


class Log(Protocol):
    """What a module logs with: an event as a short constant phrase, facts as keywords."""

    def debug(self, event: str, **facts: object) -> None: ...

    def info(self, event: str, **facts: object) -> None: ...

    def warning(self, event: str, **facts: object) -> None: ...

    def error(self, event: str, **facts: object) -> None: ...

    def exception(self, event: str, **facts: object) -> None:
        """An error with the traceback of the exception being handled."""

    def bind(self, **facts: object) -> Log:
        """A logger whose every line has these facts too."""


def logger(name: str) -> Log:
    """The logger of this name (use `__name__`); it may be made at import, before `start`."""
    return cast("Log", structlog.stdlib.get_logger(name))


def configure(service: str, process: str, *, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's logging to one JSON stream; a second call replaces the first."""

    def name_service(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
        event["service"] = f"saldo-{service}"
        event["process"] = process
        return event

    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        cast("structlog.types.Processor", name_service),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Lines(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _shorten_exception,
                cast("structlog.types.Processor", redact),
                structlog.processors.JSONRenderer(serializer=_to_json),
            ],
        )
    )
    handler.set_name("saldo")
    root = logging.getLogger()
    root.handlers = [other for other in root.handlers if other.get_name() != "saldo"] + [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Lines(logging.Handler):
    """Writes to the stream, or to whatever stdout is at that moment (tests and daemons exchange it)."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            print(self.format(record), file=self._stream or sys.stdout, flush=True)
        except Exception:  # a line that cannot be written must not stop the work it tells of
            self.handleError(record)


def _to_json(event: object, **_: object) -> str:
    return json.dumps(event, default=lambda value: scrub_text(str(value)), ensure_ascii=False, separators=(",", ":"))


def _add_trace(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def _shorten_exception(_: object, __: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    text = event.get("exception")
    if isinstance(text, str):
        event["exception"] = text = _ROW_QUOTED.sub("DETAIL: (not logged)\n", text)
    if isinstance(text, str) and len(text) > EXCEPTION_CHARACTERS_MAX:
        event["exception"] = text[: EXCEPTION_CHARACTERS_MAX // 2] + "\n...\n" + text[-EXCEPTION_CHARACTERS_MAX // 2 :]
    return event
