"""Runs faster-whisper as its README shows it, behind the product's own speech detector and a fixed pause."""

from __future__ import annotations

from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from pipe import Pipe, options

from voiceassist.audio.ring import Ring
from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechPaused
from voiceassist.core.types import FRAME, Channel, samples
from voiceassist.engines.silero import SileroVad


def main() -> None:
    """Load and run."""
    pipe = Pipe()
    folder, wanted = options()
    asking: Any = wanted["transcribe"]
    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=2)
    model.transcribe(np.zeros(16_000, np.float32), language="en", **asking)
    hearing = Hearing(pause=samples(0.2), by_words=False)
    pipe.ready()
    for number in pipe.clips():
        segmenter, detector, ring = Segmenter(Channel.AGENT, hearing), SileroVad(), Ring()
        pipe.open(number)
        kept, start, said = b"", 0, ""
        for block in pipe.sound():
            kept += block
            while len(kept) >= 2 * FRAME:
                frame = np.frombuffer(kept[: 2 * FRAME], "<i2").astype(np.float32) / 32768
                kept = kept[2 * FRAME :]
                ring.write(start, frame)
                start += FRAME
                for event in segmenter.push(start, detector.probability(frame)):
                    if isinstance(event, SpeechPaused):
                        sound = ring.read(event.segment.start, event.segment.end)
                        segments, _ = model.transcribe(sound, language="en", **asking)
                        said += "".join(segment.text for segment in segments)
                        pipe.words(said, said)
        pipe.closed(number)


if __name__ == "__main__":
    main()
