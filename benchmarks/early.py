"""What short windows and a pause chosen by the words cost in errors: noes missed, and cues before a phrase was over.

    .venv/bin/python benchmarks/early.py [--model models/micro/whisper-micro] [--repeat 5]

Every bundled phrase is a call in a quiet room, as fast as it goes: what is decided hangs on the sound alone. Each is
heard twice over: as the product hears (the window that the model has earned, the pause chosen by the words), and with
every breath padded to 30 s and a pause of 200 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

from voiceassist import app
from voiceassist.audio.base import Heard
from voiceassist.bench.phrases import Phrase, PhraseKind, read_phrases
from voiceassist.bench.room import Room
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, MomentState, samples
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.server import messages as wire
from voiceassist.settings import load

ROOT = Path(__file__).resolve().parent.parent
PADDED = 3000


class Fast(Room):
    """A room that does not wait for its own time."""

    async def __aiter__(self) -> AsyncIterator[Heard]:
        for start in range(0, len(self._sound) - FRAME + 1, FRAME):
            yield AudioFrame(Channel.AGENT, start, self._sound[start : start + FRAME])


async def hear(assistant: app.Assistant, phrases: list[Phrase], repeat: int) -> list[dict[str, object]]:
    """Where the first cue of each phrase stands after its last sound, in milliseconds; None: nowhere."""
    found: list[dict[str, object]] = []
    for number in range(repeat):
        for at, phrase in enumerate(phrases):
            seed = 1000 * number + at
            room = Fast([phrase], [samples(0.6 + 0.8 * (seed * 0.618 % 1))], samples(2.4), seed)
            told: list[wire.CallEvent] = []
            driver = assistant.driver(f"{seed}", room.channels, told.append, patient=True)
            await driver.play(room)
            opened = [one for one in told if isinstance(one, wire.Moment) and one.state is MomentState.OPEN]
            end = (room.starts[0] + phrase.end) / SAMPLE_RATE
            words = " ".join(one.text for one in told if isinstance(one, wire.Transcript) and one.final)
            cue = round(1000 * (opened[0].at - end), 1) if opened else None
            found.append({"clip": phrase.name, "seed": seed, "kind": phrase.kind, "cue": cue, "words": words})
    return found


def summary(rows: list[dict[str, object]], padded: list[dict[str, object]]) -> dict[str, object]:
    """Errors by kind of phrase; `missed_beside` are noes that the padded decode found and this did not."""
    noes = [row for row in rows if row["kind"] is not PhraseKind.OTHER]
    beside = {(row["clip"], row["seed"]): row["cue"] for row in padded}
    early = [row for row in noes if isinstance(row["cue"], float) and row["cue"] < 0]
    return {
        "noes": len(noes),
        "missed": sum(row["cue"] is None for row in noes),
        "missed_beside": sum(row["cue"] is None and beside[row["clip"], row["seed"]] is not None for row in noes),
        "early": len(early),
        "others": len(rows) - len(noes),
        "false_cues": sum(row["cue"] is not None for row in rows if row["kind"] is PhraseKind.OTHER),
        "which": sorted(Counter(str(row["clip"]) for row in noes if row["cue"] is None or row in early).items()),
    }


def main() -> None:
    """Hear all phrases both ways and print the errors as JSON."""
    parser = argparse.ArgumentParser(description="What short windows and chosen pauses cost in errors.")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "micro" / "whisper-micro")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rows", type=Path, help="Write every phrase's outcome here, as JSON.")
    options = parser.parse_args()
    phrases = read_phrases(ROOT / "benchmarks" / "phrases")
    heard: dict[str, list[dict[str, object]]] = {}
    floors: dict[str, int] = {}
    for name, floor, by_words in (("padded", PADDED, False), ("short", None, True)):
        settings = load({}, {"hearing.by_words": by_words, "store.path": ""})
        transcriber = FasterWhisperTranscriber(options.model, device="cpu", floor=floor)
        floors[name] = transcriber.floor
        with app.assistant(settings, transcriber=transcriber) as assistant:
            heard[name] = asyncio.run(hear(assistant, phrases, options.repeat))
    if options.rows:
        options.rows.write_text(json.dumps(heard, indent=1), "utf-8")
    found = {name: {"floor": floors[name], **summary(rows, heard["padded"])} for name, rows in heard.items()}
    json.dump({"model": options.model.name, "repetitions": options.repeat, **found}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
