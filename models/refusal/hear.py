"""Says rows with the demo's voices and writes what the embedded recogniser hears: `python -m models.refusal.hear`.

Needs flite's library (Debian: libflite1). What it writes is one line a clip: the row's id, the voice, whether it went
over a telephone line, and the words heard. From data/heard.jsonl training learns which words a recogniser takes for
which; the held-out rows in data/heard-test.jsonl show what the recogniser costs the classifier.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from models.micro.sound import telephone
from models.micro.voices import RATE, VOICES, say
from models.refusal.hearings import HEARD, Hearing
from models.refusal.rows import Row, read_rows
from models.refusal.spoken import spoken
from voiceassist.core.types import Channel, SpeechSegment
from voiceassist.engines.pocketsphinx import PocketsphinxTranscriber

LONGEST = 24
TELEPHONE = 0.25
SEED = 4

log = logging.getLogger("hear")


def hear(rows: Iterable[tuple[Row, str, bool]], transcriber: PocketsphinxTranscriber) -> Iterator[Hearing]:
    """Say each row by its voice, over a telephone line or not, and recognise it."""
    for row, voice, narrow in rows:
        try:
            samples = say(spoken(row.text), voice).samples
        except ValueError:
            log.info("%s: flite reads it in words of its own", row.id)
            continue
        sound = samples.astype(np.float32) / 32_768
        sound = np.concatenate([np.zeros(RATE // 4, np.float32), sound, np.zeros(RATE // 4, np.float32)])
        if narrow:
            sound = telephone(sound)
        words = transcriber.transcribe(sound, SpeechSegment(Channel.AGENT, 0, len(sound), 0, len(sound)))
        yield Hearing(row.id, voice, narrow, " ".join(word.text for word in words))


def main() -> None:
    """Says a sample of the rows, each by some of the voices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--sample", type=int, default=500, help="how many rows; 0: all")
    parser.add_argument("--voices", type=int, default=2, help="how many voices say a row")
    parser.add_argument("--out", type=Path, default=HEARD)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    chance = random.Random(SEED)
    rows = [row for row in read_rows(args.rows) if len(row.text.split()) <= LONGEST]
    if args.sample:
        rows = chance.sample(rows, min(args.sample, len(rows)))
    clips = [(row, voice, chance.random() < TELEPHONE) for row in rows for voice in chance.sample(VOICES, args.voices)]
    found: list[Hearing] = []
    with args.out.open("w", encoding="utf-8") as out:
        transcriber = PocketsphinxTranscriber()
        for hearing in hear(clips, transcriber):
            out.write(json.dumps(asdict(hearing), ensure_ascii=False) + "\n")
            out.flush()
            found.append(hearing)
        transcriber.close()
    log.info("%d clips of %d rows", len(found), len(rows))


if __name__ == "__main__":
    main()
