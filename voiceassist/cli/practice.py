"""The command that lets an agent practise: customers who ring, tries, and how far the agent has come."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from voiceassist import app
from voiceassist.audio.base import AudioSource
from voiceassist.audio.file import FileSource
from voiceassist.cli.common import DeviceFlag, JsonFlag, ModelFlag, TranscriberFlag, load_settings, run_to_end
from voiceassist.cli.output import make_console, note, out
from voiceassist.cli.stage import NEXT, STOP, JsonStage, Listed, Stage, TerminalStage, standings
from voiceassist.core.types import Samples
from voiceassist.errors import AudioError, StoreError, UsageError
from voiceassist.practice import scenario
from voiceassist.practice.loop import TRIES, Attempt, Outcome
from voiceassist.practice.progress import NAME, Progress
from voiceassist.practice.scenario import Cue, Exercise
from voiceassist.practice.speaker import Speaker
from voiceassist.settings import Settings
from voiceassist.store.location import location

_TAIL = 60.0
"""Seconds of silence after a recorded answer, at most: the try ends before."""
_MUTE = "there is no output to play on: what the customer says is only written"


def practice(  # noqa: PLR0913 - each is a flag of the command
    name: Annotated[str | None, typer.Argument(metavar="SCENARIO", help="One of those that --list shows.")] = None,
    *,
    playbook: Annotated[
        str | None,
        typer.Option(help="A YAML file, or a bundled playbook's name: practise what is in it, with its offers."),
    ] = None,
    wav: Annotated[
        list[Path] | None,
        typer.Option("--wav", metavar="FILE", help="A recorded answer for a try; give it again for the next one."),
    ] = None,
    device: DeviceFlag = None,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
    as_json: JsonFlag = False,
    show_list: Annotated[bool, typer.Option("--list", help="Show the scenarios, and the best try of each.")] = False,
) -> None:
    """Practise saying no: a customer rings, you answer into the microphone, three tries each. Nothing said is kept."""
    flags: dict[str, object] = {
        "audio.device": device,
        "transcriber.name": transcriber,
        "transcriber.model": model,
        "coach.silent_share": 0.0,  # a call that is judged in silence teaches nothing
    }
    settings = load_settings(flags)
    exercises = _exercises(playbook or _own_playbook(settings), name)
    place = location(settings.store.path, os.environ)
    progress = Progress(place and place.with_name(NAME))
    if progress.spoiled:
        note("the progress that was kept cannot be read: it begins anew")
    if show_list:
        _list(exercises, progress, as_json=as_json)
        return
    stage = JsonStage() if as_json else TerminalStage(make_console(), asks=sys.stdin.isatty() and not wav)
    todo = sorted(exercises, key=lambda one: _is_done(one, progress))
    _Practice(flags, todo, progress, stage, list(wav or []), recorded=bool(wav)).run()


def _exercises(playbook: str | None, name: str | None) -> Sequence[Exercise]:
    found = scenario.exercises(scenario.bundled(), playbook)
    if not found:
        raise UsageError(
            f"no scenario is about a situation of the playbook {playbook!r}; --list shows all that there are"
        )
    return found if name is None else [scenario.named(found, name)]


def _own_playbook(settings: Settings) -> str | None:
    """The playbook that somebody chose in the settings; None where it is the one that is there by itself."""
    return None if settings.playbook == Settings().playbook else settings.playbook.file


def _is_done(exercise: Exercise, progress: Progress) -> bool:
    standing = progress.standings.get(exercise.scenario.id)
    return standing is not None and standing.best.is_done


def _list(exercises: Sequence[Exercise], progress: Progress, *, as_json: bool) -> None:
    rows: list[Listed] = []
    for exercise in exercises:
        standing = progress.standings.get(exercise.scenario.id)
        rows.append(
            Listed(
                id=exercise.scenario.id,
                playbook=exercise.playbook,
                situation=exercise.situation.id,
                title=exercise.situation.title,
                temper=exercise.scenario.temper,
                tries=standing.tries if standing else 0,
                best=standing.best if standing else None,
                date=standing.date if standing else None,
            )
        )
    if as_json:
        for row in rows:
            out(row.model_dump_json())
    else:
        make_console().print(standings(rows))


@dataclass(slots=True)
class _Practice:
    """Customer after customer, try after try, until all were there or the recorded answers are used up."""

    flags: dict[str, object]
    exercises: Sequence[Exercise]
    progress: Progress
    stage: Stage
    recordings: list[Path]
    recorded: bool
    speaker: Speaker | None = None
    keeps: bool = True
    outcome: Outcome = field(default=Outcome.UNHEARD, init=False)
    """Of the last try."""

    def run(self) -> None:
        """Practise to the end."""
        first = self._settings(self.exercises[0].playbook)
        for file in self.recordings or [None]:
            run_to_end(_look_for(file, first))  # who cannot be heard is told before anything is loaded
        with ExitStack() as stack:
            assistant = stack.enter_context(app.assistant(first))
            note(f"recogniser: {assistant.hello.transcriber}. {assistant.hello.notice}".rstrip())
            if not self.recorded:
                self._open_speaker(stack)

            @cache
            def coach(playbook: str) -> app.Assistant:
                settings = self._settings(playbook)
                return assistant if settings.playbook == first.playbook else assistant.with_playbook(settings)

            for exercise in self.exercises:
                for number in self._tries(exercise):
                    run_to_end(self._try(coach(exercise.playbook), exercise, number))
                if self.recorded and not self.recordings:
                    break
        if self.recordings:
            note(f"not needed: {', '.join(file.name for file in self.recordings)}")

    def _tries(self, exercise: Exercise) -> Iterator[int]:
        """The numbers of the tries, as long as there is something to practise and the agent wants to."""
        self.stage.introduce(exercise)
        for number in range(1, TRIES + 1):
            if self.recorded and not self.recordings:
                return
            answer = self.stage.ask(number)
            if answer == STOP:
                raise typer.Exit
            if answer == NEXT:
                return
            yield number
            if self.outcome.is_done:
                return

    async def _try(self, coach: app.Assistant, exercise: Exercise, number: int) -> None:
        lines, now = exercise.scenario.lines, datetime.now().astimezone()
        offers = exercise.offers(" ".join(lines.values()), now)
        attempt = Attempt(exercise, number, tuple(offer.can for offer in offers))

        def play(cue: Cue, sound: Samples) -> None:
            self.stage.customer(lines[cue])
            self._play(sound)

        agent = await _agent(self.recordings.pop(0) if self.recorded else None, coach.settings)
        await app.practise(coach, attempt, agent, self.stage.hear, play, recorded=self.recorded)
        result = attempt.result()
        self.outcome = result.outcome
        self.stage.show(result, exercise)
        self._keep(exercise, result.outcome, now.date())

    def _settings(self, playbook: str) -> Settings:
        return load_settings({**self.flags, "playbook.file": playbook})

    def _open_speaker(self, stack: ExitStack) -> None:
        try:
            self.speaker = stack.enter_context(Speaker())
        except AudioError:
            note(_MUTE)

    def _play(self, sound: Samples) -> None:
        if self.speaker is not None:
            try:
                self.speaker.play(sound)
            except AudioError:
                self.speaker = None
                note(_MUTE)

    def _keep(self, exercise: Exercise, outcome: Outcome, day: date) -> None:
        try:
            self.progress.record(exercise.scenario.id, outcome, day)
        except StoreError as error:
            if self.keeps:
                note(str(error))
            self.keeps = False


async def _agent(recording: Path | None, settings: Settings) -> AudioSource:
    """The agent's side: a recording of one answer, else the microphone. Raises AudioError."""
    if recording is None:
        return await app.microphones(settings, customer=False)
    return FileSource(recording, customer_channel=-1, tail=_TAIL)


async def _look_for(recording: Path | None, settings: Settings) -> None:
    await (await _agent(recording, settings)).aclose()
