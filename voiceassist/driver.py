"""Drives one `CallSession`: frames or turns go in, the engines' answers go in, events go out to a sink."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from voiceassist.audio.base import AudioSource
from voiceassist.audio.echo import EchoGuard
from voiceassist.audio.ring import Ring
from voiceassist.core.events import Event
from voiceassist.core.session import CallSession
from voiceassist.core.types import (
    SAMPLE_RATE,
    AudioFrame,
    Channel,
    Classify,
    Gap,
    Request,
    SourceChanged,
    Transcribe,
    samples,
    seconds,
)
from voiceassist.engines.base import Classifier, VoiceActivityDetector
from voiceassist.errors import VoiceassistError
from voiceassist.metrics import Count, Metrics, Stage
from voiceassist.recogniser import Seat, WordSource
from voiceassist.turns import TurnsCall

_TURNS_STEP = samples(0.1)
_DRIFT = 2e-4
"""Seconds a second that a device's clock may lose against this machine's."""
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Engines:
    """What thinks for a call; `scores` is the single thread that the classifier runs on."""

    recogniser: WordSource
    classifier: Classifier
    scores: Executor
    detector: Callable[[], VoiceActivityDetector]
    metrics: Metrics = field(default_factory=Metrics)


@dataclass(slots=True)
class _Ear:
    """One channel's sound: what is kept of it, and what hears speech in it."""

    ring: Ring
    detector: VoiceActivityDetector


class Driver:
    """One call from its first sound to its end: run `play` or `play_turns` once, `command` acts on it meanwhile.

    A `patient` driver awaits every answer before it feeds on, so that a fast replay never lags; one at real pace does
    not. After `hang_up` samples in which nobody spoke the call ends by itself. Every `pulse` samples of sound the call
    says how the agent is heard.
    """

    def __init__(  # noqa: PLR0913 - what it drives and with what, then what differs between a replay and a live call
        self,
        session: CallSession,
        engines: Engines,
        sink: Callable[[Event], None],
        *,
        patient: bool = False,
        hang_up: int | None = None,
        pulse: int | None = None,
    ) -> None:
        self.session = session
        self.origin = float("inf")
        """Monotonic time of the call's first sample, as well as the frames' arrival tells: for latency figures."""
        self._promptest = float("inf")
        self._engines = engines
        self._sink = sink
        self._patient = patient
        self._hang_up = hang_up
        self._pulse = pulse
        self._affirmed = 0
        self._ears: Mapping[Channel, _Ear] = {}
        self._guard = EchoGuard()
        self._seat = Seat()
        self._tasks = asyncio.TaskGroup()
        self._words: set[asyncio.Task[None]] = set()
        self._classify: asyncio.Queue[Classify] = asyncio.Queue()
        self._open = 0
        self._answered = asyncio.Event()
        self._stopped = asyncio.Event()

    async def play(self, source: AudioSource) -> None:
        """Play a source of sound to its end, or until `stop`. Raises what the source raises."""
        self._ears = {channel: _Ear(Ring(), self._engines.detector()) for channel in source.channels}
        await self._run(self._feed_sound(source))

    async def play_turns(self, call: TurnsCall, *, tail: float, realtime: bool = False) -> None:
        """Play a call of a turns file, then `tail` seconds of silence."""
        await self._run(self._feed_turns(call, samples(tail), realtime=realtime))

    def command(self, act: Callable[[CallSession], None]) -> None:
        """Let somebody who pressed a button act on the call."""
        act(self.session)
        self._drain()

    def pause(self) -> None:
        """Hear nothing from now on, and forget the sound that is kept."""
        for ear in self._ears.values():
            ear.ring.clear()
            ear.detector.reset()
        self._guard = EchoGuard()
        self.command(lambda session: session.pause())

    def resume(self) -> None:
        """Hear again."""
        self.command(lambda session: session.resume())

    def stop(self) -> None:
        """End the call here."""
        self._stopped.set()

    # --- the call's tasks ---------------------------------------------------------------------------------------------

    async def _run(self, feed: Coroutine[Any, Any, None]) -> None:
        """Run the call's tasks until it has ended; a call dies whole."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                scoring = tasks.create_task(self._answer_scores())
                feeding = tasks.create_task(feed)
                stopping = tasks.create_task(self._stopped.wait())
                self._drain()
                await asyncio.wait({feeding, stopping}, return_when=asyncio.FIRST_COMPLETED)
                feeding.cancel()
                stopping.cancel()
                self.session.end()
                self._drain()
                while not self.session.ended:
                    await self._next_answer()
                for useless in (scoring, *self._words):
                    useless.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            self._count()

    async def _feed_sound(self, source: AudioSource) -> None:
        async for heard in source:
            match heard:
                case SourceChanged():
                    self.session.receive_source(heard.channel, heard.state, heard.device)
                case Gap():
                    self.session.receive_gap(heard.channel, heard.start, heard.end, lost=heard.lost)
                case AudioFrame():
                    self._hear(heard)
            if self._pulse is not None and self.session.now - self._affirmed >= self._pulse:
                self._affirmed = self.session.now
                self._drain()
                self.session.affirm()
            self._drain()
            if self._hang_up is not None and self.session.quiet >= self._hang_up:
                return
            if self._patient:
                await self._all_answered()

    def _hear(self, frame: AudioFrame) -> None:
        ear = self._ears[frame.channel]
        self._note_arrival(frame)
        if not self.session.paused:
            ear.ring.write(frame.start, frame.samples)
        with self._engines.metrics.timing(Stage.VAD):
            probability = ear.detector.probability(frame.samples)
        if frame.channel is Channel.CUSTOMER:
            self._guard.hear(frame)
        elif len(self._ears) > 1 and self._guard.is_echo(frame):
            probability = 0.0
        if not self._patient:
            self.session.receive_load(overloaded=self._engines.recogniser.overloaded)
        self.session.receive_audio(frame.channel, frame.end, probability)

    def _note_arrival(self, frame: AudioFrame) -> None:
        """Reckon from it when the call began, and how late it is; a device's clock may run a little slow."""
        began = time.monotonic() - frame.end / SAMPLE_RATE
        self.origin = min(self.origin, began)
        self._promptest = min(began, self._promptest + _DRIFT * len(frame.samples) / SAMPLE_RATE)
        if not self._patient:
            self._engines.metrics.observe(Stage.CAPTURE, began - self._promptest)

    async def _feed_turns(self, call: TurnsCall, tail: int, *, realtime: bool) -> None:
        began = time.monotonic()
        now = 0

        async def reach(at: int) -> None:
            nonlocal now
            while realtime and now < at:
                now = min(now + _TURNS_STEP, at)
                await asyncio.sleep(began + now / SAMPLE_RATE - time.monotonic())
                self.session.receive_time(now)
                self._drain()
            self.session.receive_time(at)
            self._drain()
            if not realtime:
                await self._all_answered()

        for turn in call.turns:
            await reach(turn.start)
            self.session.receive_turn(turn.speaker, turn.start, turn.end, turn.text)
        self.origin = began
        await reach(max((turn.end for turn in call.turns), default=0) + tail)

    # --- requests and answers -----------------------------------------------------------------------------------------

    def _drain(self) -> None:
        for event in self.session.events():
            self._sink(event)
        for request in self.session.requests():
            self._open += 1
            match request:
                case Transcribe():
                    asked = self._tasks.create_task(self._answer_words(request))
                    self._words.add(asked)
                    asked.add_done_callback(self._words.discard)
                case Classify():
                    self._classify.put_nowait(request)

    async def _answer_words(self, request: Transcribe) -> None:
        segment, ring = request.segment, self._ears[request.segment.channel].ring
        words = await self._outcome(
            request,
            self._engines.recogniser.words(
                self._seat,
                segment,
                lambda: ring.read(segment.start, segment.end),
                lambda: self.session.purpose(request),
            ),
        )
        if words is not None:
            self._hand_in(request, words, self.session.receive_words)
        else:
            self.session.receive_nothing(request.id)
        self._settled()

    async def _answer_scores(self) -> None:
        while True:
            request = await self._classify.get()
            if self.session.purpose(request) is not None:
                think = partial(self._engines.classifier.classify, request.prev, request.text)
                thinking = asyncio.get_running_loop().run_in_executor(self._engines.scores, think)
                with self._engines.metrics.timing(Stage.CLASSIFY):
                    answer = await self._outcome(request, thinking)
                if answer is not None:
                    self._hand_in(request, answer, self.session.receive_scores)
            self._settled()

    async def _outcome(self, request: Request, thinking: Awaitable[_Answer | None]) -> _Answer | None:
        """What an engine answers; if it breaks, the call is told and goes on."""
        try:
            return await thinking
        except VoiceassistError as error:
            self.session.receive_failure(request.id, error.code, str(error))
        except Exception as error:  # noqa: BLE001 - the one place where any engine's fault becomes an event
            self.session.receive_failure(request.id, "engine-fault", f"{type(error).__name__}: {error}")
        return None

    def _hand_in(self, request: Request, answer: _Answer, receive: Callable[[int, _Answer], None]) -> None:
        with self._engines.metrics.timing(Stage.COACH):
            receive(request.id, answer)

    def _count(self) -> None:
        """Add what the call counted."""
        metrics, counted = self._engines.metrics, self.session.counts
        for what, number in (
            (Count.GUESSES, counted.guesses),
            (Count.WASTED, counted.wasted),
            (Count.EARLY, counted.early),
            (Count.LOST, counted.lost),
        ):
            metrics.count(what, number)
        for pause in counted.pauses.elements():
            metrics.observe(Stage.PAUSE, seconds(pause))

    def _settled(self) -> None:
        self._open -= 1
        self._drain()
        self._answered.set()

    async def _next_answer(self) -> None:
        self._answered.clear()
        await self._answered.wait()

    async def _all_answered(self) -> None:
        while self._open:
            await self._next_answer()
