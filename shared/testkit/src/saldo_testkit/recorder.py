"""What one test saw happen: the events that reached the real broker and the HTTP requests it made, in order."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event read from the broker; `account_id` is empty for what concerns a whole seller."""

    name: str
    account_id: str
    recorded_at: str
    arranged: bool


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One HTTP request and its answer; `by_test` is false for what fixtures did around the test's own lines."""

    method: str
    url: str
    status: int
    by_test: bool


@dataclass(slots=True)
class Evidence:
    """All that was seen during one test, in the order in which it was told (events by `recorded_at` where given)."""

    events: list[SeenEvent] = field(default_factory=list)
    requests: list[SeenRequest] = field(default_factory=list)


class Recorder:
    """Fed by fixtures: a consumer of the real broker calls `saw_event`, the HTTP clients of tests call `saw_request`.

    One recorder serves the whole run; the requirement plugin opens and closes a page of evidence around each test.
    What arrives while no test runs is dropped: it can prove nothing.
    """

    def __init__(self) -> None:
        self._evidence: Evidence | None = None
        self._calling = False

    def saw_event(self, event_class_name: str, account_id: str, *, recorded_at: str = "") -> None:
        """`event_class_name` as in saldo_contracts ("PaymentSucceeded"); `recorded_at` is the header ce_recordedtime.

        Streams are read side by side, so arrival says little about order; ce_recordedtime does.
        """
        if self._evidence is not None:
            self._evidence.events.append(SeenEvent(event_class_name, account_id, recorded_at, arranged=False))

    def saw_request(self, method: str, url: str, status: int) -> None:
        """Counts as the test's own only while the test's own lines run, not its fixtures'."""
        if self._evidence is not None:
            self._evidence.requests.append(SeenRequest(method, url, status, by_test=self._calling))

    def arranged(self) -> None:
        """A test says: all until now was arrangement, and what a row forbids may have happened in it.

        "A one-time payment never submits a payment method" is shown on an account that has one on file.
        """
        if self._evidence is not None:
            self._evidence.events[:] = [
                SeenEvent(seen.name, seen.account_id, seen.recorded_at, arranged=True) for seen in self._evidence.events
            ]

    def open_page(self) -> None:
        """A test begins, its fixtures first."""
        self._evidence = Evidence()
        self._calling = False

    def calling(self, *, now: bool) -> None:
        """The test's own lines begin or end."""
        self._calling = now

    def close_page(self) -> Evidence:
        """The test ended, its fixtures too: all that was seen since `open_page`."""
        evidence = self._evidence or Evidence()
        self._evidence = None
        evidence.events.sort(key=lambda seen: seen.recorded_at)
        return evidence


recorder = Recorder()
