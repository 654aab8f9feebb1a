"""How many calls this machine hears in time: more and more at once, until cues come later than half a second."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from voiceassist import __version__, app
from voiceassist.bench import latency, machine
from voiceassist.bench.documents import WORDS, Level, LoadDocument, Machine
from voiceassist.bench.phrases import Phrase, PhraseKind
from voiceassist.errors import UsageError

IN_TIME = 500.0
"""Milliseconds after a refusal's last sound: 95 of 100 cues must be at a client by then."""
LEVELS = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64)


async def measure(
    assistant: app.Assistant, phrases: Sequence[Phrase], *, told: bool, weights: str, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Measure level after level, until one is late; returns the document that `bench load --json` writes.

    Raises UsageError where no phrase is a refusal.
    """
    chosen = [phrase for phrase in phrases if phrase.kind is PhraseKind.REFUSAL]
    if not chosen:
        raise UsageError("there is no refusal among the clips: mark some with the kind refusal")
    levels: list[Level] = []
    most = 0
    for calls in LEVELS:
        run = latency.Run(assistant, "client", told, calls)
        load, seconds = await latency.measure(run, chosen[: _phrases_for(calls, len(chosen))], 1)
        cue = latency.figures(run.rows)["refusal to cue"]
        levels.append(
            Level(
                calls=calls,
                phrases=len(run.rows),
                cue=cue,
                load=load,
                cpu_seconds_a_phrase=round(seconds / len(run.rows), 3),
                lagged=run.lagged,
            )
        )
        tell(f"{calls} calls: p50 {_ms(cue.p50)}, p95 {_ms(cue.p95)}, {load.own:.2f} cores")
        if (cue.p95 or math.inf) > IN_TIME or load.late > machine.MOST_LATE:
            break
        most = calls
    return LoadDocument(
        version=__version__,
        machine=Machine.model_validate(machine.describe()),
        weights=weights,
        transcriber=assistant.hello.transcriber,
        words=WORDS[told],
        in_time_ms=IN_TIME,
        calls_in_time=most,
        levels=tuple(levels),
    ).document()


def _phrases_for(calls: int, available: int) -> int:
    """Phrases a call: enough together for a p95, and no more than they need."""
    return max(3, min(available, math.ceil(24 / calls)))


def _ms(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f} ms"
