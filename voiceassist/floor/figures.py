"""What a hub's process tells Prometheus of itself: nothing of what was said, and of no single agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from voiceassist.floor.floor import Floor
from voiceassist.floor.intake import Intake


class Figures(Collector):
    """Reads a process's parts when asked. `stalled` and `cut_off`: whether the store, or the bus, takes nothing now."""

    def __init__(
        self,
        floor: Floor,
        intake: Intake,
        *,
        stalled: Callable[[], bool],
        cut_off: Callable[[], bool],
        connections: Callable[[], int],
    ) -> None:
        self._floor = floor
        self._intake = intake
        self._stalled = stalled
        self._cut_off = cut_off
        self._connections = connections
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> str:
        """Everything in the text format of Prometheus."""
        return generate_latest(self._registry).decode()

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """The figures as they stand now."""
        floor, intake = self._floor, self._intake
        for name, meaning, value in (
            ("machines", "Agents' machines connected to this process.", floor.machines),
            ("boards", "Supervisors' boards connected to this process.", floor.boards),
            ("connections", "Open connections of whatever kind.", self._connections()),
            ("calls_unacknowledged", "Calls with events that are not acknowledged yet.", intake.unacknowledged),
            ("store_stalled", "1 while the store takes nothing.", int(self._stalled())),
            ("bus_cut_off", "1 while the bus takes nothing.", int(self._cut_off())),
        ):
            yield GaugeMetricFamily(f"voiceassist_hub_{name}", meaning, value=value)
        for name, meaning, value in (
            ("events", "Events of calls that came in, each once.", intake.taken),
            ("events_repeated", "Events that came again and were known.", intake.known),
            ("alerts", "Alerts that were raised, as this process heard of them.", floor.alerts),
            ("unread", "What came over the bus and could not be read; it was passed over.", floor.unread),
        ):
            yield CounterMetricFamily(f"voiceassist_hub_{name}", meaning, value=value)
