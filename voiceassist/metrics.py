"""What a running program tells of itself: how long each stage takes, and what was dropped, guessed or heard twice."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 5.0)


class Stage(StrEnum):
    """The stages between a sound and what is painted; `PAUSE` is waited for, not computed."""

    CAPTURE = "capture"
    """How much later than the promptest one a frame came."""
    VAD = "vad"
    PAUSE = "pause"
    """The silence after which a breath was over."""
    QUEUE = "queue"
    DECODE = "decode"
    CLASSIFY = "classify"
    COACH = "coach"
    """What the call decides once words or scores are there."""
    SEND = "send"
    """Until a message lies in every client's queue."""
    PAINT = "paint"
    """From there until the page says that a cue or a nudge stands on it."""


class Count(StrEnum):
    """What is counted; the values are the names of the metrics."""

    GUESSES = "guesses"
    WASTED = "guesses_wasted"
    EARLY = "breaths_ended_early"
    SUPERSEDED = "requests_superseded"
    DROPPED = "ticks_dropped"
    LOST = "samples_lost"


_MEANING = {
    Count.GUESSES: "Words asked for at a first silence.",
    Count.WASTED: "Those of them for nothing, since speech went on.",
    Count.EARLY: "Breaths that were ended soon and went on within the usual pause.",
    Count.SUPERSEDED: "Requests that nobody wanted any more when their turn came.",
    Count.DROPPED: "Requests for words to show early that were dropped under load.",
    Count.LOST: "Samples of sound that did not come through.",
}


class Metrics:
    """Counts and times of one program, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._stages = Histogram(
            "voiceassist_stage_seconds",
            "Seconds that each stage took.",
            ["stage"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._counts = {
            count: Counter(f"voiceassist_{count}", _MEANING[count], registry=self._registry) for count in Count
        }

    def observe(self, stage: Stage, seconds: float) -> None:
        """A stage took so many seconds."""
        self._stages.labels(stage).observe(seconds)

    @contextmanager
    def timing(self, stage: Stage) -> Generator[None]:
        """What is done meanwhile is the stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.observe(stage, time.perf_counter() - began)

    def count(self, what: Count, by: int = 1) -> None:
        """So many more of these."""
        self._counts[what].inc(by)

    def stages(self) -> dict[Stage, tuple[int, float]]:
        """How often each stage ran so far, and the sum of its seconds."""
        samples = {
            (sample.labels["stage"], sample.name.rsplit("_", 1)[1]): sample.value
            for family in self._stages.collect()
            for sample in family.samples
        }
        return {stage: (int(samples.get((stage, "count"), 0)), samples.get((stage, "sum"), 0.0)) for stage in Stage}

    def text(self) -> str:
        """Everything in the text format of Prometheus."""
        return generate_latest(self._registry).decode()
