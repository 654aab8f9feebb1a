"""Runs whisper-streaming, the packaged form of whisper_streaming (LocalAgreement), with a receiver for our sound."""

from __future__ import annotations

import os
import threading
from queue import SimpleQueue
from typing import Any

import numpy as np
from pipe import RATE, Pipe, options
from whisper_streaming import ASRProcessor, AudioReceiver, Backend, OutputSender, TimeTrimming  # its own environment
from whisper_streaming.backend import (
    FasterWhisperFeatureExtractorConfig,
    FasterWhisperModelConfig,
    FasterWhisperTranscribeConfig,
)


class Chunks(AudioReceiver):
    """Hands on what has come, once it is `seconds` long: the program's smallest chunk."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.blocks: SimpleQueue[bytes | None] = SimpleQueue()
        self._least = round(2 * RATE * seconds)

    def _do_receive(self) -> np.ndarray | None:
        kept = b""
        while len(kept) < self._least:
            block = self.blocks.get()
            if block is None:
                return None
            kept += block
        # All that has come while the last chunk was thought about is one chunk, as in the original.
        while not self.blocks.empty() and (block := self.blocks.get()) is not None:
            kept += block
        return np.frombuffer(kept, "<i2").astype(np.float32) / 32768

    def _do_close(self) -> None:
        pass


class Words(OutputSender):
    """Tells the words that are agreed upon, until it is `over`."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self.over = False
        self._pipe = pipe
        self._said = ""

    def _do_output(self, data: Any) -> None:
        self._said += data.word
        if not self.over:
            self._pipe.words(self._said, self._said)

    def _do_close(self) -> None:
        pass


def processor(folder: str, chunks: Chunks, words: Words) -> ASRProcessor:
    """Its processor, which loads the model."""
    return ASRProcessor(
        ASRProcessor.ProcessorConfig(
            sampling_rate=RATE,
            prompt_size=200,
            audio_receiver_timeout=5,
            audio_trimming=TimeTrimming(seconds=15),
            language="en",
        ),
        chunks,
        words,
        Backend.FASTER_WHISPER,
        FasterWhisperModelConfig(folder, device="cpu", compute_type="int8"),
        FasterWhisperTranscribeConfig(),
        FasterWhisperFeatureExtractorConfig(),
    )


def main() -> None:
    """Load and run; each clip has a processor of its own, as each connection of the original's server has."""
    pipe = Pipe()
    folder, wanted = options()
    seconds: Any = wanted["seconds"]
    pipe.ready()
    for number in pipe.clips():
        chunks, words = Chunks(seconds), Words(pipe)
        threading.Thread(target=processor(folder, chunks, words).run, daemon=True).start()
        pipe.open(number)
        for block in pipe.sound():
            chunks.blocks.put(block)
        words.over = True
        chunks.blocks.put(None)
        pipe.closed(number)
    os._exit(0)  # its threads wait for more


if __name__ == "__main__":
    main()
