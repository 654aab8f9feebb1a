"""Draws what the network learns from: pieces of utterances, alone or joined, cut anywhere, and sounds without words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import IterableDataset

from models.micro import texts
from models.micro.network import FRAMES
from models.micro.sound import LogMel, Sound, transmitted, without_words
from models.micro.tokens import Vocabulary
from models.micro.voices import PAUSE, PHONES, RATE, Utterance

IGNORED = -100
"""A target that costs nothing."""
FRAME = 0.02
"""Seconds of one frame of the encoder."""
_LONGEST = 13.0
_FRAMES_IN_BATCH = 3000
_WHOLE_WINDOWS = 1
_POOL = 320

_PHONE = {phone: number for number, phone in enumerate(PHONES)}
WORDS = ("", *sorted({word.lower() for word in texts.words()}))
_WORD = {word: number for number, word in enumerate(WORDS)}


@dataclass(slots=True)
class Example:
    """A sound and what is said in it: tokens, phones and words by number, each with its start and end in seconds."""

    sound: Sound
    tokens: list[tuple[int, float, float]] = field(default_factory=list[tuple[int, float, float]])
    phones: list[tuple[int, float, float]] = field(default_factory=list[tuple[int, float, float]])
    words: list[tuple[int, float, float]] = field(default_factory=list[tuple[int, float, float]])

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE

    def then(self, other: Example) -> Example:
        """Join this example and, straight after it, the other."""
        later = self.seconds
        tokens, phones, words = (
            [*mine, *((number, start + later, end + later) for number, start, end in theirs)]
            for mine, theirs in (
                (self.tokens, other.tokens), (self.phones, other.phones), (self.words, other.words),
            )
        )  # fmt: skip
        return Example(np.concatenate([self.sound, other.sound]), tokens, phones, words)


@dataclass(slots=True)
class Batch:
    """`mel` (batch, 80, 2 * frames); classes of frames (batch, frames); tokens (batch, length).

    `attended` (batch, length, 2) is when the token to be said sounds, and `said` the same of the last one, in seconds;
    negative where there is no such time.
    """

    mel: Tensor
    phones: Tensor
    words: Tensor
    given: Tensor
    wanted: Tensor
    attended: Tensor
    said: Tensor


class Drawing:
    """Draws examples at random from `utterances`."""

    def __init__(self, utterances: Sequence[Utterance], vocabulary: Vocabulary, seed: int) -> None:
        self._utterances, self._vocabulary = utterances, vocabulary
        self._chance, self._rng = random.Random(seed), np.random.default_rng(seed)

    def draw(self) -> Example:
        chance = self._chance
        if chance.random() < 0.1:
            return self._wordless()
        example = self._piece(whole=chance.random() < 0.62)
        for _ in range(chance.choices((0, 1, 2), (0.8, 0.15, 0.05))[0]):
            before = self._piece(whole=True)
            if before.seconds + example.seconds < _LONGEST:
                example = before.then(self._pause(0.0, 0.6)).then(example)
        if chance.random() < 0.06:
            example = self._loud().then(example) if chance.random() < 0.5 else example.then(self._loud())
        before = chance.choice((0, 0, chance.uniform(0, 0.6)))
        after = chance.choice((0, 0, chance.uniform(0, 0.3), chance.uniform(0, 1.5)))
        example = self._pause(before, before).then(example).then(self._pause(after, after))
        example.sound = self._in_a_room(example.sound)
        return example

    def _piece(self, *, whole: bool) -> Example:
        """An utterance, now and then without its beginning; cut somewhere unless it is to be `whole`."""
        chance, utterance = self._chance, self._chance.choice(self._utterances)
        words = utterance.words
        begin, length = 0.0, len(utterance.samples) / RATE
        end = length
        first = 0
        if len(words) > 3 and chance.random() < 0.1:
            first = chance.randrange(1, len(words) - 1)
            begin = words[first].start
        if not whole:
            end = chance.uniform(min(begin + 0.15, length), length)
        example = Example(_floats(utterance.samples[round(begin * RATE) : round(end * RATE)]))
        example.phones = [
            (_PHONE.get(span.text, 0), max(span.start, begin) - begin, min(span.end, end) - begin)
            for span in utterance.phones
            if span.end > begin and span.start < end
        ]
        for span in words[first:]:
            start, stop = span.start - begin, span.end - begin
            if span.end > end + FRAME:
                # Nobody can tell a word of which half is heard.
                example.words.append((IGNORED, start, end - begin))
                break
            example.words.append((_WORD[" ".join(texts.plain(span.text))], start, stop))
            for token, spoken in self._vocabulary.word(span.text):
                if spoken:
                    example.tokens.append((token, start, stop))
                elif end == length or end > span.end + 0.1:
                    example.tokens.append((token, stop - 0.04, stop + 0.25))
        return example

    def _wordless(self) -> Example:
        chance = self._chance
        sound = without_words(round(chance.uniform(0.2, 6) * RATE), self._rng)
        return Example(self._transmitted(sound * np.float32(10 ** (chance.uniform(-50, 0) / 20))))

    def _loud(self) -> Example:
        chance = self._chance
        sound = without_words(round(chance.uniform(0.2, 1.5) * RATE), self._rng)
        return Example(sound * np.float32(10 ** (chance.uniform(-30, -3) / 20)))

    def _pause(self, shortest: float, longest: float) -> Example:
        return Example(np.zeros(round(self._chance.uniform(shortest, longest) * RATE), np.float32))

    def _in_a_room(self, sound: Sound) -> Sound:
        """The speech at some loudness, now and then with something else behind it."""
        chance = self._chance
        peak = max(float(np.abs(sound).max(initial=0)), 1e-3)
        sound = sound * np.float32(10 ** (chance.uniform(-22, 0) / 20) / peak)
        if chance.random() < 0.12:
            behind = without_words(len(sound), self._rng) if len(sound) else sound
            sound = sound + behind * np.float32(np.abs(sound).max(initial=0) * 10 ** (-chance.uniform(14, 36) / 20))
        return self._transmitted(sound)

    def _transmitted(self, sound: Sound) -> Sound:
        short = max(0, RATE // 10 - len(sound))
        return transmitted(np.pad(sound, (0, short)), self._rng)


class Batches(IterableDataset[Batch]):
    """Batches without end, of examples of about one length; one in `every` fills Whisper's whole window."""

    def __init__(self, utterances: Sequence[Utterance], vocabulary: Vocabulary, seed: int, every: int) -> None:
        self._utterances, self._vocabulary, self._seed, self._every = utterances, vocabulary, seed, every

    def __iter__(self) -> Iterator[Batch]:
        drawing = Drawing(self._utterances, self._vocabulary, self._seed)
        chance, rng, log_mel = random.Random(self._seed), np.random.default_rng(self._seed), LogMel()
        count = 0
        while True:
            for examples in _of_like_length([drawing.draw() for _ in range(_POOL)], chance):
                count += 1
                if count % self._every == 0:
                    some = [drawing.draw() for _ in range(_WHOLE_WINDOWS)]
                    yield _batch(some, self._vocabulary, log_mel, 2 * FRAMES, rng)
                room = chance.choice((0, 0, 0, chance.randrange(60), chance.randrange(200)))
                longest = max(int(example.seconds * 100) + 2 for example in examples)
                yield _batch(examples, self._vocabulary, log_mel, longest + room, rng)


def _of_like_length(examples: list[Example], chance: random.Random) -> list[list[Example]]:
    batches: list[list[Example]] = [[]]
    for example in sorted(examples, key=lambda example: example.seconds):
        frames = example.seconds / FRAME * (len(batches[-1]) + 1)
        if batches[-1] and (frames > _FRAMES_IN_BATCH or len(batches[-1]) >= 64):
            batches.append([])
        batches[-1].append(example)
    chance.shuffle(batches)
    return batches


def _batch(examples: list[Example], vocabulary: Vocabulary, log_mel: LogMel, frames: int, rng: Generator) -> Batch:
    mel, lengths = log_mel([example.sound for example in examples], frames)
    frames = mel.shape[2] // 2
    count, longest = len(examples), max(len(example.tokens) for example in examples) + 4
    phones, words = (np.full((count, frames), IGNORED) for _ in range(2))
    given = np.full((count, longest), vocabulary.end)
    wanted = np.full((count, longest), IGNORED)
    attended, said = (np.full((count, longest, 2), -1.0, np.float32) for _ in range(2))
    for row, (example, length) in enumerate(zip(examples, lengths, strict=True)):
        # A little of the padding is learned as a pause; all of it would be most of what is learned.
        known = min(frames, (length + 1) // 2 + 15)
        for classes, spans in ((phones, example.phones), (words, example.words)):
            classes[row, :known] = 0
            for number, start, end in spans:
                classes[row, round(start / FRAME) : round(end / FRAME)] = number
        sequence, times = _sequence(example, vocabulary, with_times=rng.random() < 0.12)
        size = len(sequence) - 1
        given[row, :size], wanted[row, :size] = sequence[:-1], sequence[1:]
        attended[row, :size], said[row, :size] = times[1:], times[:-1]
        if not example.tokens and not any(phone for phone, _, _ in example.phones):
            wanted[row, 0] = vocabulary.no_speech
    # Now and then a word that was not said stands before: listening must be worth more than reading.
    stray = (rng.random(given.shape) < rng.choice((0.05, 0.1, 0.25))) & (given < vocabulary.end)
    given = np.where(stray, rng.integers(0, vocabulary.end, given.shape), given)
    return Batch(mel, *(torch.from_numpy(part) for part in (phones, words, given, wanted, attended, said)))


def _sequence(example: Example, vocabulary: Vocabulary, *, with_times: bool) -> tuple[list[int], np.ndarray]:
    """The tokens from the start to the end, and when each sounds, (tokens, 2) in seconds."""
    spans = [(start, end) for _, start, end in example.tokens]
    none = (-1.0, -1.0)
    numbers = [number for number, _, _ in example.tokens]
    if not numbers:
        opening = vocabulary.time(0) if with_times else vocabulary.no_times
        return [vocabulary.start, opening, vocabulary.end], np.array([none] * 3, np.float32)
    first, last = spans[0][0], spans[-1][1]
    after = (max(0.0, last - 0.03), min(last + 0.5, example.seconds + 0.4))
    if with_times:
        sequence = [vocabulary.start, vocabulary.time(first), *numbers, vocabulary.time(last), vocabulary.end]
        around = [none, (max(0.0, first - 0.1), first + 0.15), *spans, (max(0.0, last - 0.15), last + 0.1), after]
    else:
        sequence = [vocabulary.start, vocabulary.no_times, *numbers, vocabulary.end]
        around = [none, none, *spans, after]
    return sequence, np.array(around, np.float32)


def _floats(samples: np.ndarray) -> Sound:
    return samples.astype(np.float32) / 32768


assert _PHONE[PAUSE] == 0
