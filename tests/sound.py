"""Sound for tests, made when it is needed: spoken lines, and recordings of any format."""

from __future__ import annotations

import subprocess
import tempfile
import wave
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from needs import needs

from voiceassist.core.types import FRAME, SAMPLE_RATE, Channel, Samples, SpeechSegment
from voiceassist.engines.silero import SileroVad

PRE_ROLL, PAUSE = int(0.3 * SAMPLE_RATE), int(0.2 * SAMPLE_RATE)


def room(seconds: float, level: float = 1e-3) -> Samples:
    """The noise of a quiet room, always the same."""
    return np.random.default_rng(7).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)


def tone(seconds: float, frequency: float = 440.0, rate: int = SAMPLE_RATE, level: float = 0.5) -> Samples:
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@lru_cache
def spoken(text: str, voice: str = "rms") -> Samples:
    """The line, said in a quiet room, with a second of it before and after."""
    flite = needs("flite", "flite")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "line.wav")
        subprocess.run([flite, "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SAMPLE_RATE, 1, 2)
            line = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    sound = np.pad(line, SAMPLE_RATE)
    return sound + room(len(sound) / SAMPLE_RATE)


def breath(sound: Samples, channel: Channel = Channel.AGENT) -> SpeechSegment:
    """The stretch of `sound` from its first speech to its last, with pre-roll and pause, as in a call."""
    vad = SileroVad()
    heard = [at for at in range(0, len(sound) - FRAME, FRAME) if vad.probability(sound[at : at + FRAME]) >= 0.5]
    onset, offset = heard[0], heard[-1] + FRAME
    return SpeechSegment(channel, max(0, onset - PRE_ROLL), min(len(sound), offset + PAUSE), onset, offset)


def all_of(sound: Samples) -> SpeechSegment:
    """A segment that is speech from end to end."""
    return SpeechSegment(Channel.AGENT, 0, len(sound), 0, len(sound))


def record(path: Path, sound: Samples, rate: int, codec: str = "pcm_s16le:s16") -> Path:
    """Write `sound`, (samples, channels) in [-1, 1], as a recording in the container that the file's name tells.

    `codec` is the encoder's name and the sample format that it takes.
    """
    codec, sample_format = codec.split(":")
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[sound.shape[1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.codec_context.format = sample_format
        planar = np.ascontiguousarray(sound.T.astype(np.float32))
        converter = av.AudioResampler(format=sample_format, layout=layout, rate=rate)
        # Encoders of a fixed frame size take no more than that at a time.
        size = stream.codec_context.frame_size or 1024
        fifo = av.AudioFifo()
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout=layout)
        frame.sample_rate = rate
        for converted in [*converter.resample(frame), *converter.resample(None)]:
            fifo.write(converted)
        while (piece := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path
