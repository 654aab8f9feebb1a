"""The customer of a practised call: lines that are played where the try asks for them, beside the agent, in step."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from voiceassist.audio.base import AudioSource, Heard
from voiceassist.audio.file import FileSource
from voiceassist.core.types import FRAME, AudioFrame, Channel, Gap, Samples, SourceChanged, SpeechSegment, Word, samples
from voiceassist.engines.base import Transcriber
from voiceassist.practice.loop import Attempt
from voiceassist.practice.scenario import Cue

_WINDOW = samples(0.01)
_SPEECH = 10 ** (-40 / 20)
_LEAD = np.zeros(samples(0.3), np.float32)
_SILENCE = np.zeros(FRAME, np.float32)

Play = Callable[[Cue, Samples], None]
"""Is told of each line as it begins, with its sound at 16 kHz."""


class Customer:
    """Both sides of a practised call as a source of sound; iterate once, it ends when the try is over.

    The agent's side is `agent`; where that is `recorded` it begins when the customer's first line is over. `quiet`
    tells for how many samples nobody has spoken in the call.
    """

    def __init__(  # noqa: PLR0913 - what a try is made of
        self,
        attempt: Attempt,
        agent: AudioSource,
        clips: Path,
        *,
        quiet: Callable[[], int],
        play: Play,
        recorded: bool,
    ) -> None:
        self.words: list[Word] = []
        """What has been said so far."""
        self._attempt = attempt
        self._agent = agent
        self._clips = clips
        self._quiet = quiet
        self._play = play
        self._recorded = recorded
        self._at = 0
        self._line = _LEAD
        """What is still to be played."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that it delivers."""
        return (Channel.AGENT, Channel.CUSTOMER)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        scenario = self._attempt.exercise.scenario
        sounds = {cue: await sound_of(self._clips / scenario.clip(cue)) for cue in scenario.lines}
        async for heard in self._agents():
            while self._at <= _begin(heard):
                quiet = self._quiet()
                if not len(self._line):
                    if (cue := self._attempt.turn(self._at, quiet)) is not None:
                        self._say(cue, scenario.lines[cue], sounds[cue])
                    elif self._attempt.is_over(quiet):
                        return
                yield self._frame()
            yield heard

    async def aclose(self) -> None:
        """Give back the agent's device or file. Safe to call twice."""
        await self._agent.aclose()

    async def _agents(self) -> AsyncIterator[Heard]:
        """The agent's side, shifted behind the first line where it was recorded."""
        at = 0
        while self._recorded and (len(self._line) or not self.words):
            yield AudioFrame(Channel.AGENT, at, _SILENCE)
            at += FRAME
        async for heard in self._agent:
            yield _later(heard, at)

    def _say(self, cue: Cue, text: str, sound: Samples) -> None:
        self.words += words_of(text, sound, self._at)
        self._line = np.concatenate([sound, _LEAD])
        self._play(cue, sound)

    def _frame(self) -> AudioFrame:
        cut, self._line = self._line[:FRAME], self._line[FRAME:]
        frame = AudioFrame(Channel.CUSTOMER, self._at, np.pad(cut, (0, FRAME - len(cut))))
        self._at = frame.end
        return frame


class HalfKnown:
    """A recogniser that hears the agent by another one, and knows what the customer `said`, which may still grow.

    The customer's breaths get every word that was begun by their end, and none twice, wherever the pauses are heard.
    """

    def __init__(self, agent: Transcriber, said: Sequence[Word]) -> None:
        self._agent = agent
        self._said = said
        self._onset = self._first = self._until = 0
        """Where the breath begins that was asked for last, the first sample of its words, and the end of them."""

    @property
    def name(self) -> str:
        return self._agent.name

    @property
    def limited(self) -> bool:
        return self._agent.limited

    @property
    def quick(self) -> bool:
        return self._agent.quick

    @property
    def notice(self) -> str:
        return self._agent.notice

    def warm_up(self) -> None:
        self._agent.warm_up()

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> Sequence[Word]:
        """The words of the segment."""
        if segment.channel is Channel.AGENT:
            return self._agent.transcribe(samples, segment)
        if segment.onset != self._onset:  # else the same breath has grown
            self._onset, self._first = segment.onset, self._until
        self._until = segment.end
        begun = [word for word in self._said if self._first <= word.start < segment.end]
        return [replace(word, start=max(word.start, segment.start), end=min(word.end, segment.end)) for word in begun]

    def close(self) -> None:
        """Nothing to give back: the other recogniser serves further tries."""


async def sound_of(clip: Path) -> Samples:
    """The sound of a clip, mono at 16 kHz. Raises AudioError where it cannot be played."""
    source = FileSource(clip, tail=0.0)
    try:
        return np.concatenate([frame.samples async for frame in source])
    finally:
        await source.aclose()


def words_of(text: str, sound: Samples, start: int) -> list[Word]:
    """The words of a line that begins at the sample `start`, spread over where it is loud: none falls into a pause."""
    whole = len(sound) // _WINDOW * _WINDOW
    loud = np.flatnonzero(np.sqrt(np.mean(np.square(sound[:whole].reshape(-1, _WINDOW)), axis=1)) > _SPEECH)
    words = text.split()
    places: list[int] = loud[np.arange(len(words)) * len(loud) // len(words)].tolist()
    begins = [start + place * _WINDOW for place in places]
    return [Word(begin, begin + _WINDOW, word) for begin, word in zip(begins, words, strict=True)]


def _begin(heard: Heard) -> int:
    return heard.at if isinstance(heard, SourceChanged) else heard.start


def _later(heard: Heard, by: int) -> Heard:
    match heard:
        case SourceChanged():
            return replace(heard, at=heard.at + by)
        case Gap():
            return replace(heard, start=heard.start + by, end=heard.end + by)
        case AudioFrame():
            return replace(heard, start=heard.start + by)
