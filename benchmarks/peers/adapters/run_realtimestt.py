"""Runs RealtimeSTT as its documentation shows it for sound that comes from elsewhere than a microphone."""

from __future__ import annotations

import threading
from typing import Any

from pipe import Pipe, options
from RealtimeSTT import AudioToTextRecorder  # its own environment


def main() -> None:
    """Load and run."""
    pipe = Pipe()
    folder, wanted = options()
    more: Any = wanted
    recorder = AudioToTextRecorder(
        model=folder, language="en", device="cpu", use_microphone=False, spinner=False, no_log_file=True, **more
    )
    said = ""

    def listen() -> None:
        nonlocal said
        while True:
            text = recorder.text()
            said += " " + text
            pipe.words(said, said)

    threading.Thread(target=listen, daemon=True).start()
    pipe.ready()
    for number in pipe.clips():
        said = ""
        pipe.open(number)
        for block in pipe.sound():
            recorder.feed_audio(block)
        pipe.closed(number)
    recorder.shutdown()


if __name__ == "__main__":
    main()
