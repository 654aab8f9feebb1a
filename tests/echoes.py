"""Calls with two sides, one of them leaking into the other's microphone: made for tests of the echo guard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from sound import spoken

from voiceassist.audio.echo import EchoGuard
from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechPaused
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, Samples, seconds
from voiceassist.engines.silero import SileroVad

LOUDNESS = 10 ** (-24 / 20)
"""How loud each side speaks, as the RMS from 150 to 1850 Hz of its speaking tenths of a second."""

ANSWERS = ("No, we can't do that.", "I am sorry, that is not possible.", "Let me see what I can find for you.")
REQUESTS = (
    "Hello, I would like to bring my bike back to the shop on Sunday.",
    "So what about the blue jacket, can I have it in a small?",
    "But I was really counting on that money, so is there anything else?",
)


@dataclass(frozen=True, slots=True)
class Path:
    """The way from the far end's loudspeaker into the agent's microphone."""

    level: float = -20.0
    """Of the leak against the far end, in dB of their loudness."""
    delay: float = 0.08
    """Seconds from the monitor to the microphone; below 0 where the monitor is captured later."""
    reverb: float = 0.2
    """Seconds in which the room's sound falls by 60 dB."""
    direct: float = 3.0
    """The direct sound against the room's, in dB."""
    band: tuple[float, float] = (150.0, 7000.0)
    """What the loudspeaker can play, in Hz."""
    drift: float = 0.0
    """By how many millionths the microphone's clock runs faster."""
    distortion: float = 0.0
    """How far the loudspeaker's cone is driven out of the straight: 0 not at all, 1 audibly."""
    seed: int = 1

    def carry(self, far: Samples) -> Samples:
        """What arrives in the microphone, as long as `far`."""
        size = len(far)
        sound = far.astype(np.float64)
        if self.distortion:
            drive = 4 * self.distortion
            sound = np.tanh(drive * sound) / drive + 0.1 * self.distortion * sound**2
        rng = np.random.default_rng(self.seed)
        tail = np.arange(round(max(self.reverb, 0.01) * SAMPLE_RATE))
        room = rng.normal(size=len(tail)) * 10 ** (-3 * tail / len(tail))
        room[:32] = 0  # nothing is reflected within the first 2 ms
        room *= 10 ** (-self.direct / 20) / np.sqrt(np.sum(room**2))
        room[0] = 1
        length = 1 << (size + len(room) + SAMPLE_RATE).bit_length()
        frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
        low, high = self.band
        speaker = 1 / (1 + (low / np.maximum(frequency, 1)) ** 4) / (1 + (frequency / high) ** 4)
        shift = np.exp(-2j * np.pi * frequency * self.delay)
        heard = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(room, length) * speaker * shift, length)[:size]
        if self.drift:
            clock = np.arange(size)
            heard = np.interp(clock * (1 + self.drift * 1e-6), clock, heard)
        return (heard * 10 ** (self.level / 20) * (loudness(far) / loudness(heard))).astype(np.float32)


@lru_cache
def said(voice: str, lines: tuple[str, ...], gap: float = 0.7) -> Samples:
    """The lines one after the other, at `LOUDNESS`, with `gap` seconds of nothing before, between and after."""
    pause = np.zeros(round(gap * SAMPLE_RATE), np.float32)
    parts = [pause]
    for line in lines:
        sound = spoken(line, voice)[SAMPLE_RATE:-SAMPLE_RATE]
        parts += [sound * (LOUDNESS / loudness(sound)), pause]
    return np.concatenate(parts)


def loudness(sound: Samples) -> float:
    """The RMS, from 150 to 1850 Hz, of those tenths of a second that are at most 20 dB below the loudest."""
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    middle = np.fft.irfft(np.where((frequency > 150) & (frequency < 1850), spectrum, 0), len(sound))
    step = SAMPLE_RATE // 10
    power = np.mean(np.square(middle[: len(middle) // step * step].reshape(-1, step)), axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() / 100])))


def noise(size: int, decibels: float = -70.0, seed: int = 5) -> Samples:
    """The noise of a room, that falls by 6 dB an octave from 60 Hz on; `decibels` full scale."""
    white = np.random.default_rng(seed).standard_normal(size)
    spectrum = np.fft.rfft(white) / np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 60)
    rumble = np.fft.irfft(spectrum, size)
    return (rumble * 10 ** (decibels / 20) / np.sqrt(np.mean(rumble**2))).astype(np.float32)


def mixed(*sounds: tuple[float, Samples], seconds: float) -> Samples:
    """The sounds, each beginning at its second, over the noise of a room, `seconds` long."""
    mix = noise(round(seconds * SAMPLE_RATE), -75.0)
    for at, sound in sounds:
        start = round(at * SAMPLE_RATE)
        end = min(start + len(sound), len(mix))
        mix[start:end] += sound[: end - start]
    return mix


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a call's sound: the agent's breaths in seconds, and which frames were taken for an echo."""

    breaths: list[tuple[float, float]]
    plain: list[tuple[float, float]]
    """The breaths without a guard."""
    echoes: npt.NDArray[np.bool_]

    @property
    def spoken(self) -> float:
        """Seconds that were taken for the agent's speech."""
        return sum(end - start for start, end in self.breaths)

    @property
    def heard(self) -> float:
        """Seconds of speech in the microphone, whoever speaks."""
        return sum(end - start for start, end in self.plain)


def listen(customer: Samples, agent: Samples) -> Heard:
    """Both sides as the driver hears them: voice activity, the echo guard, and the agent's segmenter."""
    vad, guard = SileroVad(), EchoGuard()
    frames = min(len(customer), len(agent)) // FRAME
    echoes = np.zeros(frames, np.bool_)
    plain = np.zeros(frames)
    for index in range(frames):
        start = index * FRAME
        guard.hear(AudioFrame(Channel.CUSTOMER, start, customer[start : start + FRAME]))
        frame = AudioFrame(Channel.AGENT, start, agent[start : start + FRAME])
        echoes[index] = guard.is_echo(frame)
        plain[index] = vad.probability(frame.samples)
    return Heard(breaths(np.where(echoes, 0.0, plain)), breaths(plain), echoes)


def breaths(probabilities: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """The onset and offset, in seconds, of each breath that the segmenter makes of these frames."""
    segmenter = Segmenter(Channel.AGENT, Hearing())
    events = [e for i, p in enumerate(probabilities) for e in segmenter.push((i + 1) * FRAME, float(p))]
    events += segmenter.finish()
    segments = [event.segment for event in events if isinstance(event, SpeechPaused)]
    return [(seconds(segment.onset), seconds(segment.offset)) for segment in segments]


def covered(wanted: Sequence[tuple[float, float]], found: Sequence[tuple[float, float]]) -> float:
    """The share of the seconds of `wanted` that lie within `found`."""
    shared = sum(max(0.0, min(b, d) - max(a, c)) for a, b in wanted for c, d in found)
    return shared / sum(b - a for a, b in wanted)


def lateness(wanted: Sequence[tuple[float, float]], found: Sequence[tuple[float, float]]) -> float:
    """By how many seconds the latest of `wanted` is found after its start; infinity where one is never found."""
    return max(min((max(0.0, c - a) for c, d in found if d > a and c < b), default=float("inf")) for a, b in wanted)
