"""The embedded recogniser's own process: 16-bit sound in over standard input, words out over standard output.

A request is a little-endian uint32 count of bytes and that many bytes of mono PCM at 16 kHz; a reply is a count and
that many bytes of UTF-8: a line a word, its first frame, its last frame (100 a second), its probability and its text.
The first reply, without words, says that the model is loaded.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from importlib import import_module
from typing import Any, BinaryIO

HEADER = struct.Struct("<I")
SAMPLE_RATE = 16_000


def decode(decoder: Any, pcm: bytes) -> str:
    """The words of `pcm`, a line each; fillers such as silence and noise are left out."""
    # The estimate of the noise would else outlive the utterance, and the same sound give other words the next time.
    decoder.reinit_feat()
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    words = [segment for segment in decoder.seg() or () if segment.word[0] not in "<[+"]
    # The words' own probabilities are always near 1; that of the whole tells words from noise, shared out among them.
    probability = decoder.get_prob() ** (1 / max(1, len(words)))
    return "\n".join(
        # "read(2)" is the second way to say "read".
        f"{word.start_frame} {word.end_frame} {probability:.6f} {word.word.split('(')[0]}"
        for word in words
    )


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer until the other side hangs up."""
    # Imported here, once standard output is safe from what the library prints.
    pocketsphinx: Any = import_module("pocketsphinx")
    # A third of the library's own limit: a fifth less work on speech, nearly half on noise, the same words.
    decoder: Any = pocketsphinx.Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", maxhmmpf=10_000)
    reply(replies, "")
    while len(header := requests.read(HEADER.size)) == HEADER.size:
        (size,) = HEADER.unpack(header)
        pcm = requests.read(size)
        if len(pcm) < size:
            return
        reply(replies, decode(decoder, pcm) if pcm else "")


def reply(replies: BinaryIO, text: str) -> None:
    """Send one reply."""
    payload = text.encode()
    replies.write(HEADER.pack(len(payload)) + payload)
    replies.flush()


def main() -> None:
    """Serve standard input until it ends."""
    # Ctrl-C reaches the whole console; the caller ends this process by hanging up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(sys.stdin.buffer, replies)
    except BrokenPipeError:
        # The caller is gone; a second complaint at the closing flush would only reach nobody.
        os._exit(0)


if __name__ == "__main__":
    main()
