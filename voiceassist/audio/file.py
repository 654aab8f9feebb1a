"""Sound from a file of any common format, at real pace or as fast as it is consumed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from enum import StrEnum
from itertools import groupby
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soxr  # pyright: ignore[reportMissingTypeStubs]
from av.audio.frame import AudioFrame as Decoded
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from voiceassist.audio.frames import Framer, clean
from voiceassist.core.types import SAMPLE_RATE, AudioFrame, Channel
from voiceassist.errors import AudioError, UsageError, VoiceassistError

Sound = npt.NDArray[np.float32]
"""float32 in [-1, 1], of the shape (samples, channels)."""

_BLOCK = SAMPLE_RATE
_ADVICE = "give a WAV, FLAC, MP3 or Ogg file that plays elsewhere"
_SLACK = 0.05
"""Seconds that a recording may be shorter than it states: the last packet's padding."""
_UNKNOWN_SIZE = 0x7FFF_0000
"""From here on a WAV file's size says that its writer, a pipe, could not know it."""
_RATES = range(2_000, 768_001)


class Pace(StrEnum):
    """How fast a recording is played: as fast as it is consumed, or like a call."""

    FAST = "fast"
    REALTIME = "realtime"


class FileSource:
    """A recording as a source of sound; iterate once. Frames of both channels come in step, then `tail` s of silence.

    A mono file is the agent's. Of more channels, `agent_channel` and, where the file has it, `customer_channel` are
    taken. At real pace a frame is delivered when its end has passed. Raises AudioError (`audio-missing`,
    `audio-damaged`, `audio-channel`) where there is nothing to play. Only about a second is held in memory.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        agent_channel: int = 0,
        customer_channel: int = 1,
        pace: Pace = Pace.FAST,
        tail: float = 12.0,
    ) -> None:
        self._reader = _Reader(Path(path), agent_channel, customer_channel)
        self._pace = pace
        self._tail = tail

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that it delivers."""
        return (Channel.AGENT, Channel.CUSTOMER)[: len(self._reader.picked)]

    @property
    def duration(self) -> float | None:
        """Seconds of sound in the file, without the tail, as far as the file tells."""
        return self._reader.duration

    @property
    def truncated(self) -> bool:
        """Whether sound turned out to be missing: the file is damaged, or ends before the length that it states."""
        return self._reader.truncated

    async def __aiter__(self) -> AsyncIterator[AudioFrame]:
        framers = [Framer(channel) for channel in self.channels]
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async for block in self._blocks():
            # The last block is empty: what is left over then fills up a last frame.
            cut = [
                framer.push(sound) if len(sound) else framer.flush()
                for framer, sound in zip(framers, block.T, strict=True)
            ]
            for step in zip(*cut, strict=True):
                if self._pace is Pace.REALTIME:
                    await asyncio.sleep(begun + step[0].end / SAMPLE_RATE - loop.time())
                for frame in reversed(step):
                    yield frame

    async def aclose(self) -> None:
        """Close the file. Safe to call twice."""
        await asyncio.to_thread(self._reader.close)

    async def _blocks(self) -> AsyncIterator[Sound]:
        while (block := await asyncio.to_thread(self._reader.read)) is not None:
            yield block
        left = round(self._tail * SAMPLE_RATE)
        while left > 0:
            yield np.zeros((min(left, _BLOCK), len(self.channels)), np.float32)
            left -= _BLOCK
            await asyncio.sleep(0)
        yield np.zeros((0, len(self.channels)), np.float32)


class _Reader:
    """Decodes the picked channels of a file block by block. Blocking; calls may come from any thread."""

    def __init__(self, path: Path, agent_channel: int, customer_channel: int) -> None:
        self.truncated = False
        self._container, self._stream = _open(path)
        self._cut_short = _is_cut_short(path)
        # A read that was given up on may still run in its thread when the file is closed.
        self._lock = threading.Lock()
        try:
            self.picked = _pick(path.name, self._stream.codec_context.channels, agent_channel, customer_channel)
            self._sound = self._resampled()
            self._first = self._next()
            if self._first is None:
                raise AudioError(f"{path.name} holds no sound: {_ADVICE}", code="audio-damaged")
        except VoiceassistError:
            self._container.close()
            raise
        self.duration = _duration(self._container, self._stream)

    def read(self) -> Sound | None:
        """The next second or so of sound at 16 kHz; None at the end, and once closed."""
        with self._lock:
            first, self._first = self._first, None
            return self._next() if first is None else first

    def close(self) -> None:
        with self._lock:
            self._first = None
            self._sound.close()
            self._container.close()

    def _next(self) -> Sound | None:
        parts: list[Sound] = []
        for part in self._sound:
            parts.append(part)
            if sum(map(len, parts)) >= _BLOCK:
                break
        return np.concatenate(parts) if any(map(len, parts)) else None

    def _resampled(self) -> Generator[Sound]:
        for rate, run in groupby(self._decoded(), key=lambda piece: piece[0]):
            stream = soxr.ResampleStream(rate, SAMPLE_RATE, len(self.picked), dtype="float32")
            for _, sound in run:
                yield stream.resample_chunk(sound)
            yield stream.resample_chunk(np.zeros((0, len(self.picked)), np.float32), last=True)

    def _decoded(self) -> Iterator[tuple[int, Sound]]:
        """Pieces of sound, each with its rate."""
        heard = 0.0
        try:
            for packet in self._container.demux(self._stream):
                for frame in self._frames(packet):
                    heard += frame.samples / frame.sample_rate
                    yield frame.sample_rate, clean(_samples(frame).take(self.picked, axis=1, mode="clip"))
        except FFmpegError:
            self.truncated = True
        stated = _duration(self._container, self._stream)
        # Only these containers state a length that is exact.
        if self._cut_short or (self._stream.codec_context.name == "flac" and stated and heard < stated - _SLACK):
            self.truncated = True

    def _frames(self, packet: Packet[AudioStream]) -> list[Decoded]:
        try:
            return packet.decode()
        except FFmpegError:
            # One damaged packet is some hundredths of a second; what follows may be whole.
            self.truncated = True
            return []


def _open(path: Path) -> tuple[InputContainer, AudioStream]:
    if not path.exists():
        raise AudioError(f"{path} does not exist: check the name", code="audio-missing")
    if not path.is_file():
        raise AudioError(f"{path} is not a file: name a recording", code="audio-missing")
    try:
        # The prefix keeps a name with a colon from being read as a protocol.
        container = av.open(f"file:{path}", metadata_errors="replace")
    except PermissionError as error:
        raise AudioError(f"{path.name} may not be read: check its permissions", code="audio-missing") from error
    except (FFmpegError, OSError) as error:
        raise AudioError(f"{path.name} is not a recording that can be read: {_ADVICE}", code="audio-damaged") from error
    stream = next(iter(container.streams.audio), None)
    if stream is None or stream.codec_context.sample_rate not in _RATES or stream.codec_context.channels < 1:
        container.close()
        raise AudioError(f"{path.name} has no sound track that can be played: {_ADVICE}", code="audio-damaged")
    return container, stream


def _pick(name: str, channels: int, agent: int, customer: int) -> list[int]:
    if not 0 <= agent < channels:
        held = "only channel 0" if channels == 1 else f"channels 0 to {channels - 1}"
        raise AudioError(f"{name} has {held}, not the agent's channel {agent}: name another", code="audio-channel")
    if channels == 1 or not 0 <= customer < channels:
        return [agent]
    if agent == customer:
        raise UsageError(f"agent and customer cannot both be channel {agent} of {name}: name the customer's channel")
    return [agent, customer]


def _duration(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base


def _is_cut_short(path: Path) -> bool:
    """Whether a WAV file is shorter than it states; the decoder takes such a file for a whole one."""
    with path.open("rb") as file:
        kind, size = file.read(4), int.from_bytes(file.read(4), "little")
    return kind == b"RIFF" and path.stat().st_size < size < _UNKNOWN_SIZE


def _samples(frame: Decoded) -> Sound:
    """The samples of a decoded frame, of any sample format, as (samples, channels) in [-1, 1]."""
    raw = frame.to_ndarray()
    sound = raw.T if frame.format.is_planar else raw.reshape(frame.samples, -1)
    if sound.dtype.kind == "f":
        return sound.astype(np.float32)
    full = float(2 ** (8 * sound.itemsize - 1))
    middle = full if sound.dtype.kind == "u" else 0.0
    return ((sound.astype(np.float64) - middle) / full).astype(np.float32)
