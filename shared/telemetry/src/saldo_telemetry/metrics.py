"""Counters, histograms and gauges: made once, anywhere, and counting from the moment telemetry is started."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from opentelemetry import metrics as api
from opentelemetry.metrics import CallbackOptions, Meter, NoOpMeter, Observation

from saldo_telemetry.tracing import Attributes

Reading: TypeAlias = tuple[int | float, Attributes]
ReadGauge: TypeAlias = Callable[[], int | float | Iterable[Reading]]


class Counter:
    """A sum that only grows."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self._about: Final = (name, unit, description)
        self.unit: Final = unit
        self.bind(_meter)

    def bind(self, meter: Meter) -> None:
        """Count on this meter from now on."""
        name, unit, description = self._about
        self._instrument: api.Counter = meter.create_counter(name, unit, description)

    def add(self, amount: int | float = 1, attributes: Attributes | None = None) -> None:
        """Add a non-negative amount."""
        self._instrument.add(amount, dict(attributes) if attributes else None)


SECONDS_BOUNDARIES: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
# as the semantic conventions advise for durations; the SDK's own default is made for milliseconds


class Histogram:
    """A distribution of measured values; durations are in seconds."""

    def __init__(self, name: str, unit: str, description: str, *, boundaries: Sequence[float] | None = None) -> None:
        self._about: Final = (name, unit, description)
        self.unit: Final = unit
        self._boundaries: Final = boundaries or (SECONDS_BOUNDARIES if unit == "s" else None)
        self.bind(_meter)

    def bind(self, meter: Meter) -> None:
        """Record on this meter from now on."""
        name, unit, description = self._about
        self._instrument: api.Histogram = meter.create_histogram(
            name, unit, description, explicit_bucket_boundaries_advisory=self._boundaries
        )

    def record(self, value: int | float, attributes: Attributes | None = None) -> None:
        """Record one value in the histogram's unit."""
        self._instrument.record(value, dict(attributes) if attributes else None)


class Gauge:
    """A value that is read when metrics are collected; several owners may feed one gauge."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self._about: Final = (name, unit, description)
        self.unit: Final = unit
        self._reads: list[ReadGauge] = []
        self.bind(_meter)

    def bind(self, meter: Meter) -> None:
        """Be read by this meter from now on."""
        name, unit, description = self._about
        meter.create_observable_gauge(name, [self._observe], unit, description)

    def feed(self, read: ReadGauge) -> None:
        """Add an owner; it is called in the thread that collects metrics, so it must not block."""
        self._reads.append(read)

    def release(self, read: ReadGauge) -> None:
        """Take an owner away, when what it watches is gone."""
        if read in self._reads:
            self._reads.remove(read)

    def _observe(self, _: CallbackOptions) -> Iterator[Observation]:
        for read in tuple(self._reads):
            value = read()
            readings = [(value, {})] if isinstance(value, (int, float)) else value
            for number, attributes in readings:
                yield Observation(number, dict(attributes))


_meter: Meter = NoOpMeter("saldo")
_counters: Final[dict[str, Counter]] = {}
_histograms: Final[dict[str, Histogram]] = {}
_gauges: Final[dict[str, Gauge]] = {}


def use_meter(meter: Meter | None) -> None:
    """Count there from now on, also with the instruments made before; None counts nowhere. `start` calls it."""
    global _meter
    _meter = meter or NoOpMeter("saldo")
    instruments: list[Counter | Histogram | Gauge] = [*_counters.values(), *_histograms.values(), *_gauges.values()]
    for instrument in instruments:
        instrument.bind(_meter)


def counter(name: str, unit: str, description: str) -> Counter:
    """The counter of this name; the unit is UCUM (`s`, `By`, `{payment}`)."""
    return _counters.get(name) or _counters.setdefault(name, Counter(name, unit, description))


def histogram(name: str, unit: str, description: str, *, boundaries: Sequence[float] | None = None) -> Histogram:
    """The histogram of this name; the unit is UCUM. Boundaries default to those for durations where the unit is `s`."""
    return _histograms.get(name) or _histograms.setdefault(
        name, Histogram(name, unit, description, boundaries=boundaries)
    )


def gauge(name: str, unit: str, description: str, callback: ReadGauge | None = None) -> Gauge:
    """The gauge of this name, fed by the callback too, if any, until `release(callback)`."""
    found = _gauges.get(name) or _gauges.setdefault(name, Gauge(name, unit, description))
    if callback is not None:
        found.feed(callback)
    return found


def declared() -> Mapping[str, tuple[str, str]]:
    """Every instrument made so far in this process: name -> (kind, unit). What is documented is held against it."""
    kinds: Mapping[str, Mapping[str, Counter | Histogram | Gauge]] = {
        "counter": _counters,
        "histogram": _histograms,
        "gauge": _gauges,
    }
    return {name: (kind, one.unit) for kind, made in kinds.items() for name, one in made.items()}
