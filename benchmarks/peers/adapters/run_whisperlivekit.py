"""Runs WhisperLiveKit's server (LocalAgreement, faster-whisper), and a client of its own protocol."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from pipe import Pipe, free_port, options
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

_READY = 120.0
"""Seconds in which its server must answer."""


def wait_for(port: int) -> None:
    """Until its server has loaded the model. Raises OSError."""
    until = time.monotonic() + _READY
    opener = build_opener(ProxyHandler({}))
    while True:
        try:
            with opener.open(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if json.load(answer)["ready"]:
                    return
        except OSError:
            if time.monotonic() > until:
                raise
        time.sleep(0.2)


def tell(link: ClientConnection, pipe: Pipe) -> None:
    """Tell what the client is told until it is closed."""
    try:
        for text in link:
            message = json.loads(text)
            if "lines" not in message:
                continue
            final = " ".join(line["text"] or "" for line in message["lines"])
            pipe.words(final, f"{final} {message['buffer_transcription']}")
    except ConnectionClosed:
        pass


def main() -> None:
    """Load and run."""
    pipe = Pipe()
    folder, wanted = options()
    more: Any = wanted["arguments"]
    port = free_port()
    command = [str(Path(sys.executable).with_name("whisperlivekit-server")), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--model_dir", folder, "--lan", "en", "--backend", "faster-whisper", "--backend-policy"]
    command += ["localagreement", "--pcm-input", "--warmup-file", "", *more]
    server = subprocess.Popen(command)
    try:
        wait_for(port)
        pipe.ready()
        for number in pipe.clips():
            with connect(f"ws://127.0.0.1:{port}/asr", max_size=None, compression=None, proxy=None) as link:
                listening = threading.Thread(target=tell, args=(link, pipe), daemon=True)
                listening.start()
                pipe.open(number)
                for block in pipe.sound():
                    link.send(block)
            listening.join()
            pipe.closed(number)
    finally:
        server.kill()


if __name__ == "__main__":
    main()
