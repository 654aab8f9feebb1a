"""The composition root: settings to engines, calls and the overlay's server. Only this file knows every room."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from voiceassist import __version__, assets
from voiceassist.audio.base import AudioSource
from voiceassist.audio.file import FileSource, Pace
from voiceassist.audio.microphone import Microphone
from voiceassist.audio.sides import Sides
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import Channel, Event, Word, samples
from voiceassist.driver import Driver, Engines
from voiceassist.engines.choose import choose_transcriber
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.silero import SileroVad
from voiceassist.errors import AudioError
from voiceassist.line import Line
from voiceassist.overlay import Overlay
from voiceassist.privacy import redact_event
from voiceassist.server import messages as wire
from voiceassist.server.codec import to_wire
from voiceassist.settings import Settings
from voiceassist.turns import SUFFIXES, Turn, TurnsCall, read

Publish: TypeAlias = Callable[[wire.CallEvent], None]

_LIMITED = (
    "Accuracy is limited: this is the small embedded recogniser. "
    "For better words get a Whisper model: voiceassist models pull base.en"
)
TAIL = 12.0
"""Seconds of silence after a recording or a turns file."""
DEMO_TAIL = 3.0
DEMO_WAIT = 4.0
"""Seconds that the demo waits for its page to open."""


class Assistant:
    """The engines of this process and the settings that its calls go by."""

    def __init__(self, settings: Settings, engines: Engines) -> None:
        self.settings = settings
        self.engines = engines

    @property
    def hello(self) -> wire.Hello:
        """What a page is told about the recogniser."""
        transcriber = self.engines.transcriber
        notice = transcriber.notice or (_LIMITED if transcriber.limited else "")
        return wire.Hello(transcriber=transcriber.name, limited=transcriber.limited, notice=notice, version=__version__)

    def overlay(self) -> Overlay:
        """The agent's page, not yet served."""
        return Overlay(self.hello, self.settings.server)

    def driver(
        self,
        call: str,
        channels: Sequence[Channel],
        publish: Publish,
        *,
        patient: bool = False,
        hang_up: float | None = None,
    ) -> Driver:
        """A call that is ready to be driven; what leaves it is redacted first.

        After `hang_up` seconds without speech it ends by itself.
        """
        policy = self.settings.policy(alerts=not self.engines.transcriber.limited)
        session = CallSession(call, channels, policy=policy, hearing=self.settings.segmenting())
        sequence = iter(range(1, 1 << 62))

        def sink(event: Event) -> None:
            publish(to_wire(redact_event(event), call, next(sequence)))

        return Driver(
            session, self.engines, sink, patient=patient, hang_up=None if hang_up is None else samples(hang_up)
        )


@contextmanager
def assistant(settings: Settings, *, words: dict[Channel, Sequence[Word]] | None = None) -> Generator[Assistant]:
    """Load and warm up the engines that the settings ask for; give everything back afterwards."""
    wanted = settings.transcriber
    transcriber = choose_transcriber(wanted.name, wanted.model or None, words=words, device=wanted.device)
    classifier = RefusalClassifier(assets.refusal_model())
    with ThreadPoolExecutor(1, "words") as recogniser, ThreadPoolExecutor(1, "scores") as ear:
        engines = Engines(transcriber, recogniser, classifier, ear, SileroVad)
        try:
            recogniser.submit(transcriber.warm_up).result()
            ear.submit(classifier.warm_up).result()
            yield Assistant(settings, engines)
        finally:
            recogniser.submit(transcriber.close)


async def replay(  # noqa: PLR0913 - each is a flag of the command
    assistant: Assistant,
    file: Path,
    publish: Publish,
    *,
    pace: Pace,
    agent_channel: int = 0,
    customer_channel: int = 1,
) -> None:
    """Play a recording, or every call of a turns file, to its end."""
    if file.suffix in SUFFIXES:
        for call in read(file):
            await play_turns(assistant, call, publish, pace=pace)
        return
    source = FileSource(file, agent_channel=agent_channel, customer_channel=customer_channel, pace=pace, tail=TAIL)
    driver = assistant.driver(file.stem, source.channels, publish, patient=pace is Pace.FAST)
    try:
        await driver.play(source)
    finally:
        await source.aclose()


async def play_turns(assistant: Assistant, call: TurnsCall, publish: Publish, *, pace: Pace) -> None:
    """Play one call of a turns file."""
    driver = assistant.driver(call.id, call.channels, publish, patient=pace is Pace.FAST)
    await driver.play_turns(call, tail=TAIL, realtime=pace is Pace.REALTIME)


async def demo(assistant: Assistant, overlay: Overlay, publish: Publish, *, call: str, tail: float) -> Driver:
    """Play the bundled call at real pace, on the page and wherever `publish` leads; returns what drove it."""
    source = FileSource(assets.demo_call() / "call.flac", pace=Pace.REALTIME, tail=tail)

    def tell(message: wire.CallEvent) -> None:
        overlay.hub.publish(message)
        publish(message)

    driver = assistant.driver(call, source.channels, tell)
    try:
        with overlay.showing(driver):
            overlay.admit(driver)
            await driver.play(source)
    finally:
        await source.aclose()
    return driver


async def listen(assistant: Assistant, overlay: Overlay, source: AudioSource, publish: Publish) -> None:
    """Listen to a live source until cancelled: its calls are shown on the page and wherever `publish` leads."""
    settings = assistant.settings

    def tell(message: wire.CallEvent) -> None:
        overlay.hub.publish(message)
        publish(message)

    def begin(call: str | None, by_itself: bool) -> Driver:  # noqa: FBT001 - a line calls it so
        hang_up = settings.call.quiet if by_itself else None
        driver = assistant.driver(call or _new_call(), source.channels, tell, hang_up=hang_up)
        overlay.admit(driver)
        return driver

    line = Line(
        source,
        begin,
        lambda event: tell(to_wire(event, None, None)),
        detector=assistant.engines.detector(),
        hearing=settings.segmenting(),
        auto=settings.call.auto,
    )
    try:
        with overlay.showing(line, line.start):
            await line.run()
    finally:
        await source.aclose()


async def microphones(settings: Settings, *, customer: bool = True) -> AudioSource:
    """The devices that the settings name, opened; of both sides where `customer` is heard too.

    Raises AudioError where a device or what it needs is missing.
    """
    wanted = settings.audio
    agent = Microphone(Channel.AGENT, wanted.device or None)
    await agent.open()
    if not (customer and wanted.customer_device):
        return agent
    other = Microphone(Channel.CUSTOMER, wanted.customer_device)
    try:
        await other.open()
    except AudioError:
        await agent.aclose()
        raise
    return Sides(agent, other)


def _new_call() -> str:
    """An id for a call that nobody named: when it began, so that lists of calls sort, and a part of its own."""
    return f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def words_of(turns: Sequence[Turn]) -> dict[Channel, Sequence[Word]]:
    """The words of turns by channel: what the scripted recogniser hears."""
    heard: dict[Channel, list[Word]] = {channel: [] for channel in Channel}
    for turn in turns:
        heard[turn.speaker] += spread(turn.start, turn.end, turn.text)
    return {**heard}
