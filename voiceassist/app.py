"""The composition root: settings to engines, calls and the overlay's server. Only this file knows every room."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]
from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType]

from voiceassist import __version__, assets, playbooks
from voiceassist.audio.base import AudioSource
from voiceassist.audio.file import FileSource, Pace
from voiceassist.audio.microphone import Microphone
from voiceassist.audio.sides import Sides
from voiceassist.core.events import Event
from voiceassist.core.playbook import Playbook
from voiceassist.core.transcript import spread
from voiceassist.core.types import Channel, NudgeKind, Word, samples
from voiceassist.driver import Driver, Engines
from voiceassist.engines.base import Transcriber
from voiceassist.engines.choose import choose_transcriber
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.silero import SileroVad
from voiceassist.errors import AudioError, PlaybookError, StoreError, VoiceassistError
from voiceassist.journal.writing import Journals
from voiceassist.line import Line
from voiceassist.metrics import Metrics
from voiceassist.overlay import Overlay
from voiceassist.panel import Panel
from voiceassist.practice.customer import Customer, HalfKnown, Play
from voiceassist.practice.loop import Attempt
from voiceassist.privacy import redact_event
from voiceassist.recogniser import Recogniser
from voiceassist.report.page import content_security_policy, render
from voiceassist.server import messages as wire
from voiceassist.server.codec import to_wire
from voiceassist.server.web import Page
from voiceassist.settings import Settings
from voiceassist.store.database import Store
from voiceassist.store.location import location
from voiceassist.store.recorder import Recorder
from voiceassist.turns import SUFFIXES, Turn, TurnsCall, read

Publish: TypeAlias = Callable[[wire.CallEvent], None]
Keep: TypeAlias = Callable[[wire.CallEvent | wire.Command], object]
Votes: TypeAlias = dict[NudgeKind, tuple[int, int]]

_LIMITED = (
    "Accuracy is limited: this is the small embedded recogniser. "
    "For better words get a Whisper model: voiceassist models pull base.en"
)
TAIL = 12.0
"""Seconds of silence after a recording or a turns file."""
DEMO_TAIL = 3.0
PULSE = 5.0
"""Seconds after which a live call says again how the agent is heard: a page that hears nothing can tell."""
DEMO_WAIT = 4.0
"""Seconds that the demo waits for its page to open."""


_HEARD = "Your side of a call is heard, and the customer's where you named a device for it."
_KEPT = "The words and the noes are kept on this machine for {days} days; no sound is."
_JOURNALED = "A journal of each call, with its words, is written on this machine for engineers; no sound is."
_NOT_KEPT = "Nothing is kept."
ALONE = "Nobody else sees it."


class Assistant:
    """The engines of this process, the playbook, and the settings that its calls go by."""

    def __init__(
        self, settings: Settings, engines: Engines, read: Callable[[str | Path], Playbook], journals: Journals
    ) -> None:
        self.settings = settings
        self.engines = engines
        self.journals = journals
        self._read = read
        self._watch = playbooks.Watch(settings.playbook.file, read)
        self._playbook = read(settings.playbook.file)

    @property
    def hello(self) -> wire.Hello:
        """What a page is told about the recogniser, where no call is kept."""
        transcriber = self.engines.recogniser.transcriber
        return wire.Hello(
            transcriber=transcriber.name,
            limited=transcriber.limited,
            notice=transcriber.notice or (_LIMITED if transcriber.limited else ""),
            privacy=f"{_HEARD} {_JOURNALED if self.settings.journal.folder else _NOT_KEPT} {ALONE}",
            pulse=PULSE,
            version=__version__,
        )

    @property
    def playbook(self) -> Playbook:
        """What the calls that begin now go by."""
        return self._playbook

    def with_engines(self, engines: Engines) -> Assistant:
        """The same settings and playbook with other engines."""
        other = copy(self)
        other.engines = engines
        return other

    def with_playbook(self, settings: Settings) -> Assistant:
        """The same engines with the playbook of other settings."""
        return Assistant(settings, self.engines, self._read, self.journals)

    def overlay(self, *, keeps: bool = False, seen: str = ALONE) -> Overlay:
        """The agent's page, not yet served; where it `keeps` calls, it says so and leads to their reviews.

        `seen` says who else sees them.
        """
        hello, settings = self.hello, self.settings.store
        if keeps and location(settings.path, os.environ) is not None:
            kept = _KEPT.format(days=settings.days) + (f" {_JOURNALED}" if self.settings.journal.folder else "")
            hello = hello.model_copy(update={"kept": True, "privacy": f"{_HEARD} {kept} {seen}"})
        apart = keeps and bool(self.settings.hub.url)
        return Overlay(hello, self.settings.server, self._review, self.engines.metrics, apart=apart)

    def _review(self, call: str) -> Page:
        """The page of a call that was kept."""
        path = location(self.settings.store.path, os.environ)
        if path is None:
            raise StoreError("no call is kept: store.path is empty", code="call-unknown")
        with Store.open(path) as store:
            return Page(render(store.call(call)), content_security_policy())

    async def keep_playbook(self, tell: Callable[[PlaybookError], None]) -> None:
        """Read the playbook anew whenever its file changes, for the calls that begin then.

        What is wrong in it is told, and the one before holds on.
        """
        try:
            while True:
                folders = self._watch.folders
                # Looked at now and then, too: what is saved while it is read would else wait for the next change.
                async with aclosing(awatch(*folders, recursive=False, yield_on_timeout=True)) as changes:
                    async for _ in changes:
                        try:
                            self._playbook = await asyncio.to_thread(self._watch.poll) or self._playbook
                        except PlaybookError as error:
                            tell(error)
                        if self._watch.folders != folders:  # it extends another one now
                            break
        except OSError as error:
            tell(PlaybookError(f"changes of the playbook are not noticed until the next start: {error}"))

    def driver(  # noqa: PLR0913 - what a call is made of
        self,
        call: str,
        channels: Sequence[Channel],
        publish: Publish,
        *,
        patient: bool = False,
        live: bool = False,
        hang_up: float | None = None,
        votes: Votes | None = None,
    ) -> Driver:
        """A call that is ready to be driven; what leaves it is redacted first.

        A `live` one says every few seconds that it hears. After `hang_up` seconds without speech it ends by itself.
        `votes` are the thumbs that nudges had in other calls.
        """
        policy = self.settings.policy(call, alerts=not self.engines.recogniser.transcriber.limited, votes=votes or {})
        playbook = playbooks.as_of(self._playbook, _now())
        hearing = self.settings.segmenting(quick=self.engines.recogniser.transcriber.quick)
        about = {"playbook": self.settings.playbook.file, "live": not patient}
        about |= {"transcriber": self.engines.recogniser.transcriber.name}
        session = self.journals.session(call, channels, policy=policy, hearing=hearing, playbook=playbook, about=about)
        sequence = iter(range(1, 1 << 62))

        def sink(event: Event) -> None:
            publish(to_wire(redact_event(event), call, next(sequence)))

        return Driver(
            session,
            self.engines,
            sink,
            patient=patient,
            hang_up=None if hang_up is None else samples(hang_up),
            pulse=samples(PULSE) if live else None,
        )


@contextmanager
def assistant(
    settings: Settings,
    *,
    words: dict[Channel, Sequence[Word]] | None = None,
    transcriber: Transcriber | None = None,
    workers: int = 1,
) -> Generator[Assistant]:
    """Load and warm up the engines that the settings ask for; give everything back afterwards.

    A `transcriber` that is handed in stands for the one of the settings; it must stand as many `workers`.
    """
    wanted = settings.transcriber
    transcriber = transcriber or choose_transcriber(
        wanted.name, wanted.model or None, words=words, device=wanted.device
    )
    classifier, metrics = RefusalClassifier(assets.refusal_model()), Metrics()

    def read(file: str | Path) -> Playbook:
        return playbooks.load(file, classifier.embed, now=_now())

    with (
        threadpool_limits(1),  # for a few seconds of sound, more threads cost more than they bring
        closing(transcriber),
        Recogniser(transcriber, workers=workers, metrics=metrics) as recogniser,
        ThreadPoolExecutor(1, "scores") as ear,
        closing(_journals(settings)) as journals,
    ):
        recogniser.warm_up()
        ear.submit(classifier.warm_up).result()
        yield Assistant(settings, Engines(recogniser, classifier, ear, SileroVad, metrics), read, journals)


def _journals(settings: Settings) -> Journals:
    folder = settings.journal.folder
    return Journals(Path(folder).expanduser() if folder else None)


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

    is_news = _news()

    def tell(message: wire.CallEvent) -> None:
        overlay.publish(message)
        if is_news(message):
            publish(message)

    driver = assistant.driver(call, source.channels, tell, live=True)
    try:
        with overlay.showing(driver, note=assistant.journals.note):
            overlay.admit(driver)
            await driver.play(source)
    finally:
        await source.aclose()
    return driver


async def practise(  # noqa: PLR0913 - what a try is made of
    assistant: Assistant, attempt: Attempt, agent: AudioSource, publish: Publish, play: Play, *, recorded: bool
) -> None:
    """Play one try to its end: a customer of a scenario, `agent` as it is heard. Judged like any call, kept nowhere.

    `play` is told of each line of the customer as it begins. A `recorded` answer goes as fast as it can.
    """

    def tell(message: wire.CallEvent) -> None:
        attempt.hear(message)
        publish(message)

    customer = Customer(
        attempt, agent, assets.practice(), quiet=lambda: driver.session.quiet, play=play, recorded=recorded
    )
    with Recogniser(HalfKnown(assistant.engines.recogniser.transcriber, customer.words)) as recogniser:
        coach = assistant.with_engines(replace(assistant.engines, recogniser=recogniser))
        coach.journals = Journals(None)
        driver = coach.driver(attempt.call, customer.channels, tell, patient=recorded)
        try:
            await driver.play(customer)
        finally:
            await customer.aclose()


async def listen(
    assistant: Assistant,
    overlay: Overlay,
    source: AudioSource,
    publish: Publish,
    *,
    send: Keep = lambda _: None,
) -> None:
    """Listen to a live source until cancelled; its calls are kept, shown on the page and told to `publish`.

    `send` takes them, and the agent's answers, to a hub. A playbook that changes is read meanwhile.
    """

    def tell(error: PlaybookError) -> None:
        overlay.publish(_fault(error))
        publish(_fault(error))

    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(assistant.keep_playbook(tell))
            await attend(assistant, overlay, source, publish, send=send)
            watching.cancel()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def attend(
    assistant: Assistant,
    panel: Panel,
    source: AudioSource,
    publish: Publish = lambda _: None,
    *,
    send: Keep = lambda _: None,
) -> None:
    """Attend to an agent's line until its source ends: calls begin and end on it, as `listen` says."""
    settings = assistant.settings
    is_news = _news()
    with _records(assistant) as records:

        def tell(message: wire.CallEvent) -> None:
            panel.publish(message)
            if not is_news(message):
                return
            records.keep(message)
            send(message)
            publish(message)
            if (trouble := records.trouble()) is not None:
                tell(_fault(trouble))

        def begin(call: str | None, by_itself: bool) -> Driver:  # noqa: FBT001 - a line calls it so
            hang_up = settings.call.quiet if by_itself else None
            driver = assistant.driver(
                call or _new_call(), source.channels, tell, live=True, hang_up=hang_up, votes=records.votes()
            )
            panel.admit(driver)
            if (trouble := assistant.journals.trouble()) is not None:
                tell(_fault(trouble))
            return driver

        line = Line(
            source,
            begin,
            lambda event: tell(to_wire(event, None, None)),
            detector=assistant.engines.detector(),
            hearing=settings.segmenting(),
            auto=settings.call.auto,
        )

        def note(command: wire.Command) -> None:
            records.keep(command)
            send(command)
            assistant.journals.note(command)

        try:
            with panel.showing(line, line.start, note):
                await line.run()
        finally:
            await source.aclose()


def _news() -> Callable[[wire.CallEvent], bool]:
    """What tells news from a sign of life, which says again how a channel is heard: only a page needs that."""
    heard: dict[Channel, tuple[str | None, str, str]] = {}

    def is_news(message: wire.CallEvent) -> bool:
        if not isinstance(message, wire.Audio):
            return True
        told, known = (message.call, message.state, message.device), heard.get(message.channel)
        heard[message.channel] = told
        return told != known

    return is_news


class _Records(NamedTuple):
    """What keeps a call's messages; the thumbs kept so far; and why nothing can be kept, told once."""

    keep: Keep = lambda _: None
    votes: Callable[[], Votes] = dict
    trouble: Callable[[], StoreError | None] = lambda: None


@contextmanager
def _records(assistant: Assistant) -> Generator[_Records]:
    """The records of the calls; where none are to be kept, nothing is done."""
    settings = assistant.settings.store
    path = location(settings.path, os.environ)
    if path is None:
        yield _Records()
        return
    with (
        Store.open(path) as store,
        Recorder(store, transcriber=assistant.engines.recogniser.transcriber.name, days=settings.days) as recorder,
    ):
        told: list[StoreError] = []

        def trouble() -> StoreError | None:
            if told or recorder.trouble is None:
                return None
            told.append(recorder.trouble)
            return recorder.trouble

        def votes() -> Votes:
            with suppress(StoreError):  # a call is worth more than the thumbs of others
                return store.votes()
            return {}

        yield _Records(recorder.take, votes, trouble)


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


def _fault(error: VoiceassistError) -> wire.Error:
    return wire.Error(code=error.code, message=str(error))


def _now() -> datetime:
    return datetime.now().astimezone()


def _new_call() -> str:
    """An id for a call that nobody named: when it began, so that lists of calls sort, and a part of its own."""
    return f"{_now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def words_of(turns: Sequence[Turn]) -> dict[Channel, Sequence[Word]]:
    """The words of turns by channel: what the scripted recogniser hears."""
    heard: dict[Channel, list[Word]] = {channel: [] for channel in Channel}
    for turn in turns:
        heard[turn.speaker] += spread(turn.start, turn.end, turn.text)
    return {**heard}
