"""The composition root: settings to engines, calls and the overlay's server. Only this file knows every room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from voiceassist import __version__, assets
from voiceassist.audio.file import FileSource, Pace
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import Channel, Event, Word
from voiceassist.driver import Driver, Engines
from voiceassist.engines.choose import choose_transcriber
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.silero import SileroVad
from voiceassist.errors import ServerError
from voiceassist.privacy import redact_event
from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth
from voiceassist.server.codec import to_wire
from voiceassist.server.hub import Hub
from voiceassist.server.serve import Server
from voiceassist.server.web import create_app
from voiceassist.settings import Settings
from voiceassist.turns import SUFFIXES, Turn, TurnsCall, read

Publish: TypeAlias = Callable[[wire.CallEvent], None]

_LIMITED = (
    "Accuracy is limited: this is the small embedded recogniser. For better words give a Whisper model: --model FOLDER"
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
        notice = _LIMITED if transcriber.limited else ""
        return wire.Hello(transcriber=transcriber.name, limited=transcriber.limited, notice=notice, version=__version__)

    def driver(self, call: str, channels: Sequence[Channel], publish: Publish, *, patient: bool) -> Driver:
        """A call that is ready to be driven; what leaves it is redacted first."""
        policy = self.settings.policy(alerts=not self.engines.transcriber.limited)
        session = CallSession(call, channels, policy=policy, hearing=self.settings.segmenting())
        sequence = iter(range(1, 1 << 62))

        def sink(event: Event) -> None:
            publish(to_wire(redact_event(event), call, next(sequence)))

        return Driver(session, self.engines, sink, patient=patient)


@contextmanager
def assistant(settings: Settings, *, words: dict[Channel, Sequence[Word]] | None = None) -> Generator[Assistant]:
    """Load and warm up the engines that the settings ask for; give everything back afterwards."""
    transcriber = choose_transcriber(settings.transcriber.name, settings.transcriber.model or None, words=words)
    classifier = RefusalClassifier(assets.refusal_model())
    with ThreadPoolExecutor(1, "words") as recogniser, ThreadPoolExecutor(1, "scores") as ear:
        engines = Engines(transcriber, recogniser, classifier, ear, SileroVad)
        try:
            recogniser.submit(transcriber.warm_up).result()
            ear.submit(classifier.warm_up).result()
            yield Assistant(settings, engines)
        finally:
            recogniser.submit(transcriber.close)


class Overlay:
    """The agent's page on this machine: `async with` serves it; calls publish to its hub and hear its buttons."""

    def __init__(self, assistant: Assistant) -> None:
        settings = assistant.settings.server
        self.auth = Auth()
        self.hub = Hub(self._command)
        self._driver: Driver | None = None
        self._asked: asyncio.Future[str | None] | None = None
        self._snoozed_on: date | None = None
        app = create_app(self.hub, self.auth, assistant.hello, assets.overlay())
        self.server = Server(app, settings.host, settings.port)

    @property
    def address(self) -> str:
        """An address that opens the page once."""
        return f"{self.server.url}/#t={self.auth.issue()}"

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.server.__aexit__(kind, error, trace)

    @contextmanager
    def showing(self, driver: Driver) -> Generator[None]:
        """The page's buttons act on this call meanwhile."""
        self._driver = driver
        if self._snoozed_on == _today():
            driver.command(lambda session: session.snooze(None))
        try:
            yield
        finally:
            self._driver = None

    async def call_asked_for(self) -> str | None:
        """Wait until the page or a program asks for a call; tells the id that it is to have, if any."""
        self._asked = asyncio.get_running_loop().create_future()
        try:
            return await self._asked
        finally:
            self._asked = None

    def _command(self, command: wire.Command) -> None:
        driver = self._driver
        if isinstance(command, wire.CallStart):
            if self._asked is None or self._asked.done():
                raise ServerError("no call can be started now: this one comes from a file", code="not-served")
            self._asked.set_result(command.call)
            return
        if isinstance(command, wire.Snooze):
            self._snoozed_on = _today() if command.for_ == "today" else None
        if driver is not None:
            _act(command, driver)


def _today() -> date:
    return datetime.now().astimezone().date()


def _act(command: wire.Command, driver: Driver) -> None:
    match command:
        case wire.Dismiss(id=nudge):
            driver.command(lambda session: session.dismiss(nudge))
        case wire.Snooze(for_=duration):
            span = float(duration) if isinstance(duration, int | float) else None
            driver.command(lambda session: session.snooze(span))
        case wire.Pause():
            driver.pause()
        case wire.Resume():
            driver.command(CallSession.resume)
        case wire.CallEnd():
            driver.stop()
        case _:  # feedback and paint times are counted from the records, which are not kept yet
            pass


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

    driver = assistant.driver(call, source.channels, tell, patient=False)
    try:
        with overlay.showing(driver):
            await driver.play(source)
    finally:
        await source.aclose()
    return driver


def words_of(turns: Sequence[Turn]) -> dict[Channel, Sequence[Word]]:
    """The words of turns by channel: what the scripted recogniser hears."""
    heard: dict[Channel, list[Word]] = {channel: [] for channel in Channel}
    for turn in turns:
        heard[turn.speaker] += spread(turn.start, turn.end, turn.text)
    return {**heard}
