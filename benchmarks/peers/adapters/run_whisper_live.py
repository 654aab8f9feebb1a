"""Runs WhisperLive's server, and a client that sends what its own client sends."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from typing import Any

import numpy as np
from pipe import Pipe, free_port, options
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

_READY = 120.0
"""Seconds in which its server must answer."""


def serve(folder: str, port: int) -> None:
    """Run its server as its own script does."""
    from whisper_live.server import TranscriptionServer  # noqa: PLC0415 - it reads the number of threads when imported

    TranscriptionServer().run(
        "127.0.0.1", port=port, backend="faster_whisper", faster_whisper_custom_model_path=folder, single_model=True
    )


def join(port: int, folder: str, wanted: dict[str, Any]) -> ClientConnection:
    """A client of its server, with the options of its own client. Raises TimeoutError."""
    hello = {
        "uid": str(uuid.uuid4()),
        "language": "en",
        "task": "transcribe",
        "model": folder,
        "use_vad": True,
        "send_last_n_segments": 10,
        "no_speech_thresh": 0.45,
        "clip_audio": False,
        "same_output_threshold": 10,
        **wanted,
    }
    until = time.monotonic() + _READY
    while True:
        try:
            link = connect(f"ws://127.0.0.1:{port}", max_size=None, compression=None, proxy=None)
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
    link.send(json.dumps(hello))
    while json.loads(link.recv(_READY)).get("message") != "SERVER_READY":
        pass
    return link


def tell(link: ClientConnection, pipe: Pipe) -> None:
    """Tell what the client is told until it is closed."""
    done: dict[str, str] = {}
    try:
        for text in link:
            segments = json.loads(text).get("segments", [])
            done |= {segment["start"]: segment["text"] for segment in segments if segment["completed"]}
            final = " ".join(done.values())
            open_ = [segment["text"] for segment in segments if not segment["completed"]]
            pipe.words(final, " ".join([final, *open_]))
    except ConnectionClosed:
        pass


def main() -> None:
    """Load and run."""
    pipe = Pipe()
    folder, wanted = options()
    client: Any = wanted["client"]
    os.environ["OMP_NUM_THREADS"] = str(wanted["threads"])  # as its script does
    port = free_port()
    threading.Thread(target=serve, args=(folder, port), daemon=True).start()
    join(port, folder, client).close()
    pipe.ready()
    for number in pipe.clips():
        link = join(port, folder, client)
        listening = threading.Thread(target=tell, args=(link, pipe), daemon=True)
        listening.start()
        pipe.open(number)
        for block in pipe.sound():
            link.send((np.frombuffer(block, "<i2").astype(np.float32) / 32768).tobytes())
        link.send(b"END_OF_AUDIO")
        link.close()
        listening.join()
        pipe.closed(number)
    os._exit(0)  # its server never ends


if __name__ == "__main__":
    main()
