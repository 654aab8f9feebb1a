"""How late a cue and a nudge are: from the last sound of a phrase, at real pace, to a client or to the painted page.

The zero point is the last sample above -40 dBFS, known to the sample. Each phrase is a call of its own in a quiet room.
Calls begin on a schedule that nobody's slowness delays (open loop). What never came counts as infinitely late, what
came before the phrase was over as negative.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from websockets.asyncio.client import connect

from voiceassist import __version__, app
from voiceassist.bench import machine
from voiceassist.bench.browser import showing
from voiceassist.bench.documents import WORDS, LatencyDocument, Machine, Mean, Row, Speculation, To
from voiceassist.bench.figures import Figure
from voiceassist.bench.phrases import Phrase, PhraseKind, plain_words
from voiceassist.bench.room import Room
from voiceassist.bench.told import Told
from voiceassist.core.types import SAMPLE_RATE, AudioState, MomentState, samples
from voiceassist.errors import UsageError
from voiceassist.metrics import Stage
from voiceassist.overlay import Overlay
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse_outgoing
from voiceassist.settings import Settings

LEAD, TAIL = (0.6, 1.4), 2.4
"""Seconds of room noise before a phrase, by chance, and after it: a nudge comes 1.2 s after the last sound."""
_SETTLE = 0.5
"""Seconds after a call in which a page may still answer."""


@dataclass(slots=True)
class Run:
    """What a benchmark run needs to know, and what it measures."""

    assistant: app.Assistant
    to: To
    told: bool
    calls: int = 1
    rows: list[Row] = field(default_factory=list[Row])
    late: list[float] = field(default_factory=list[float])
    wasted: int = 0
    guesses: int = 0
    ended_early: int = 0
    lagged: int = 0
    """Calls that said that they lag."""
    stages: Mapping[Stage, tuple[int, float]] = field(default_factory=dict[Stage, tuple[int, float]])
    """How often each stage ran, and the mean of its seconds."""


@dataclass(slots=True)
class _Ears:
    """When messages reached a client, and when pages said that something was painted: monotonic time."""

    received: list[tuple[float, wire.Outgoing]] = field(default_factory=list[tuple[float, wire.Outgoing]])
    painted: dict[str, float] = field(default_factory=dict[str, float])

    def note(self, command: wire.Command) -> None:
        if isinstance(command, wire.Painted):
            self.painted.setdefault(command.id, time.monotonic())


async def measure(run: Run, phrases: Sequence[Phrase], repeat: int) -> tuple[machine.Load, float]:
    """Say each phrase `repeat` times, `run.calls` of them at a time.

    Returns what else ran meanwhile, and the processor seconds that all took. Raises UsageError (`never-painted`).
    """
    chance = random.Random(7)  # noqa: S311 - the same leads in every run
    numbers = itertools.count(1)
    async with _page(run) as (overlay, ears):

        async def call(phrase: Phrase) -> None:
            room = Room([phrase], [samples(chance.uniform(*LEAD))], samples(TAIL), seed=chance.randrange(1 << 30))
            await _say(run, overlay, ears, name=f"bench-{next(numbers)}", phrase=phrase, room=room)

        # The first one is thrown away: caches are cold.
        await call(phrases[0])
        run.rows.clear()
        run.late.clear()
        run.guesses = run.wasted = run.ended_early = run.lagged = 0
        before = run.assistant.engines.metrics.stages()
        watch = machine.Watch()
        said = [phrase for _ in range(repeat) for phrase in phrases]

        async def agent(number: int) -> None:
            await asyncio.sleep(number * 0.37 % 1.7)
            for phrase in said[number % len(said) :] + said[: number % len(said)]:
                await call(phrase)

        async with asyncio.TaskGroup() as tasks:
            for number in range(run.calls):
                tasks.create_task(agent(number))
        load, seconds = watch.load(run.late), watch.own()
        run.stages = _since(before, run.assistant.engines.metrics.stages())
    if run.to == "paint" and not ears.painted:
        raise UsageError("the browser never painted anything: try another one, or --to client", code="never-painted")
    return load, seconds


def _since(
    before: Mapping[Stage, tuple[int, float]], now: Mapping[Stage, tuple[int, float]]
) -> dict[Stage, tuple[int, float]]:
    """How often each stage ran meanwhile, and the mean of its seconds; both hold counts and sums."""
    ran = {stage: (count - before[stage][0], total - before[stage][1]) for stage, (count, total) in now.items()}
    return {stage: (count, total / count) for stage, (count, total) in ran.items() if count}


@asynccontextmanager
async def _page(run: Run) -> AsyncGenerator[tuple[Overlay, _Ears]]:
    """The overlay, served, with a client that listens and, where it is painted, a browser."""
    ears = _Ears()
    async with AsyncExitStack() as stack:
        overlay = await stack.enter_async_context(run.assistant.overlay())
        if run.to == "paint":
            await stack.enter_async_context(showing(overlay.address))
        socket = await stack.enter_async_context(connect(overlay.server.url.replace("http", "ws", 1) + "/ws"))
        await socket.send(dump(wire.ClientHello(token=overlay.auth.open())))

        async def listen() -> None:
            async for text in socket:
                when = time.monotonic()
                ears.received.append((when, parse_outgoing(str(text))))

        listening = asyncio.create_task(listen())
        stack.callback(listening.cancel)
        yield overlay, ears


async def _say(  # noqa: PLR0913 - a call, on what it is played, and who hears it
    run: Run, overlay: Overlay, ears: _Ears, *, name: str, phrase: Phrase, room: Room
) -> None:
    """Play one phrase as a call and add its row."""
    assistant = run.assistant
    if run.told:
        engines = assistant.engines
        assistant = assistant.with_engines(replace(engines, recogniser=Told(engines.recogniser, room.words)))
    driver = assistant.driver(name, room.channels, overlay.publish, live=True)
    with overlay.showing(driver, note=ears.note):
        await driver.play(room)
        if run.to == "paint":
            await asyncio.sleep(_SETTLE)
    run.late += room.late
    speculation = driver.session.counts
    run.guesses += speculation.guesses
    run.wasted += speculation.wasted
    run.ended_early += speculation.early
    heard = [(when, message) for when, message in ears.received if getattr(message, "call", None) == name]
    ears.received[:] = [entry for entry in ears.received if getattr(entry[1], "call", None) != name]
    run.lagged += any(isinstance(told, wire.Audio) and told.state is AudioState.LAGGING for _, told in heard)
    run.rows.append(_row(phrase, room, heard, ears.painted if run.to == "paint" else None))


def _row(
    phrase: Phrase, room: Room, heard: Sequence[tuple[float, wire.Outgoing]], painted: dict[str, float] | None
) -> Row:
    def after(when: float | None, sample: float) -> float | None:
        return None if when is None else round(1000 * (when - room.began - sample / SAMPLE_RATE), 2)

    def arrived(when: float, name: str) -> float | None:
        return when if painted is None else painted.get(name)

    end = room.starts[0] + phrase.end
    row = Row(phrase.name, phrase.text, phrase.kind)
    said = plain_words(phrase.text)
    for when, message in heard:
        match message:
            case wire.Transcript() if said and row.text is None and plain_words(message.text) == said:
                row = replace(row, text=after(when, end))
            case wire.Moment(state=MomentState.OPEN) if row.wait is None:
                shown = arrived(when, message.id)
                came = when if shown is None else min(when, shown)  # in a busy loop a page may have its turn first
                decided = message.at * SAMPLE_RATE
                row = replace(
                    row,
                    cue=after(shown, end),
                    wait=round(1000 * (decided - end) / SAMPLE_RATE, 2),
                    compute=after(came, decided),
                    paint=None if painted is None or shown is None else round(1000 * (shown - came), 2),
                )
            case wire.Moment(state=MomentState.WITHDRAWN):
                row = replace(row, withdrawn=True)
            case wire.Nudge() if not row.nudged:
                late = after(arrived(when, message.id), message.at * SAMPLE_RATE)
                row = replace(row, nudged=True, nudge_after_grace=late)
            case _:
                pass
    return row


def figures(rows: Sequence[Row]) -> dict[str, Figure]:
    """The figures of all rows, by name."""
    refusals = [row for row in rows if row.kind is PhraseKind.REFUSAL]
    noes = [row for row in rows if row.kind is PhraseKind.LONE_NO]
    both = refusals + noes
    values: dict[str, tuple[Sequence[Row], Callable[[Row], float | None]]] = {
        "refusal to cue": (refusals, lambda row: row.cue),
        "lone no to cue": (noes, lambda row: row.cue),
        "of a refusal: wait": (refusals, lambda row: row.wait),
        "of a refusal: compute": (refusals, lambda row: row.compute),
        "end of grace to nudge": ([row for row in both if row.nudged], lambda row: row.nudge_after_grace),
        "phrase to text": ([row for row in rows if row.text is not None], lambda row: row.text),
    }
    if any(row.paint is not None for row in both):
        values["cue: paint"] = (both, lambda row: row.paint)
    return {name: Figure.of(map(value, chosen)) for name, (chosen, value) in values.items() if chosen}


def document(run: Run, load: machine.Load, seconds: float, settings: Settings, weights: str) -> dict[str, Any]:
    """What `bench latency --json` writes."""
    others = [row for row in run.rows if row.kind is PhraseKind.OTHER]
    return LatencyDocument(
        version=__version__,
        machine=Machine.model_validate(machine.describe()),
        load=load,
        weights=weights,
        transcriber=run.assistant.hello.transcriber,
        words=WORDS[run.told],
        to=run.to,
        calls=run.calls,
        by_words=settings.hearing.by_words,
        cpu_seconds_a_phrase=round(seconds / max(1, len(run.rows)), 3),
        figures=figures(run.rows),
        stages={stage: Mean(n=n, mean=round(1000 * mean, 2)) for stage, (n, mean) in run.stages.items()},
        phrases=len(run.rows),
        false_cues=sum(row.wait is not None for row in others),
        phrases_without_a_refusal=len(others),
        withdrawn=sum(row.withdrawn for row in run.rows),
        speculation=Speculation(guesses=run.guesses, wasted=run.wasted, ended_early=run.ended_early),
        rows=tuple(run.rows),
    ).document()
