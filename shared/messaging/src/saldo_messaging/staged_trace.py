"""The trace that a command's events and timers carry on: its own, or the one of the row it settles."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from saldo_telemetry import current_trace
from saldo_telemetry.tracing import SAME_TRACE_MAX
from saldo_work import Cause

from saldo_messaging.clocks import machine_now

Trace: TypeAlias = tuple[str | None, str | None]
"""traceparent, tracestate"""

TRACE_ID = slice(3, 35)  # of a traceparent (W3C Trace Context)


class StagedTrace:
    """One command's."""

    def __init__(self, cause: Cause) -> None:
        self._cause = cause
        self._resumed: Trace | None = None

    def current(self) -> Trace:
        """What is written into headers and rows now."""
        if self._resumed is not None:
            return self._resumed
        trace = current_trace()
        return trace if trace[0] else (self._cause.traceparent, self._cause.tracestate)

    def resume(self, traceparent: str | None, tracestate: str | None, *, stored_at: datetime) -> None:
        """See `saldo_work.UnitOfWork.resume_trace`."""
        if traceparent is None or machine_now() - stored_at > SAME_TRACE_MAX:
            return
        own = self.current()[0]
        if own is None or own[TRACE_ID] != traceparent[TRACE_ID]:
            self._resumed = (traceparent, tracestate)
