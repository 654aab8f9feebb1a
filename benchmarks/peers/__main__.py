"""How late the words are, here and elsewhere: the same clips, weights and machine, one system at a time.

    .venv/bin/python -m benchmarks.peers [--only NAME ...] [--repeat 5] [--clips 8] [--shape tiny.en]

Each system runs in an environment of its own with the same scripted model, which computes as much as the published
one; the words are given to it as far as their sound has reached it. Clips are said in turns, one system after the
other, at real pace, after a random stretch of noise; a system's first pass is thrown away. Writes `peers.json`,
`peers.md` and a picture into `--out`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers import figures, picture
from benchmarks.peers.environment import BUILT, ROOT
from benchmarks.peers.play import Played, Running, SystemFailedError
from benchmarks.peers.systems import SYSTEMS
from voiceassist import __version__
from voiceassist.bench import machine
from voiceassist.bench.phrases import Phrase, PhraseKind, quick, read_phrases
from voiceassist.bench.shape import SHAPES, write
from voiceassist.bench.weights import SAID
from voiceassist.core.types import SAMPLE_RATE

_LEAD = (0.6, 1.6)
"""Seconds of noise before a clip, by chance: who steps at fixed times is met at all of them."""


def main() -> int:
    """Measure; 1 where a system broke or the machine was not quiet."""
    options = _options()
    systems = [system for system in SYSTEMS if not options.only or system.name in options.only]
    phrases = _phrases(options.clips)
    rows: list[Played] = []
    faults: list[str] = []
    chance = random.Random(7)  # noqa: S311 - the same leads in every run
    with machine.alone(), TemporaryDirectory() as folder, ExitStack() as stack:
        model = write(Path(folder, "model"), SHAPES[options.shape], SAID.split())
        running: list[Running] = []
        for system in systems:
            work = Path(folder, system.name)
            work.mkdir()
            try:
                running.append(stack.enter_context(closing(Running(system, model, work))))
            except (SystemFailedError, subprocess.CalledProcessError) as error:
                faults.append(f"{system.name} is not measured: {error}")
                print(faults[-1], file=sys.stderr)
        numbers = itertools.count()
        for turn in range(1 + options.repeat):
            for number, phrase in enumerate(phrases):
                first = number + turn
                for one in running[first % len(running) :] + running[: first % len(running)]:
                    lead, seed = round(chance.uniform(*_LEAD) * SAMPLE_RATE), chance.randrange(1 << 30)
                    try:
                        row = one.play(next(numbers), phrase, lead, seed)
                    except SystemFailedError as error:
                        faults.append(str(error))
                        print(error, file=sys.stderr)
                        row = Played(one.system.name, phrase.name, None, None, 0, None, 0.0)  # it has missed it
                    if turn:
                        rows.append(row)
                    print(f"{turn} {row.system}: {row.clip} {row.final}", file=sys.stderr, flush=True)
    weights = f"a scripted model of {options.shape}'s shape"
    about = {"version": __version__, "machine": machine.describe(), "weights": weights}
    about |= {"clips": [phrase.name for phrase in phrases], "repetitions": options.repeat, "faults": faults}
    document = figures.document(rows, about)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "peers.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    (options.out / "peers.md").write_text(figures.markdown(document) + "\n", "utf-8")
    (options.out / "peers.svg").write_text(picture.bars(document), "utf-8")
    print(figures.markdown(document))
    if document["outside"]["p95"] > machine.MOST_OUTSIDE:
        faults.append(f"other programs used {document['outside']['p95']} cores: these figures are not to be relied on")
    for fault in faults:
        print(fault, file=sys.stderr)
    return bool(faults)


def _phrases(most: int) -> list[Phrase]:
    """Refusals of several voices, as many as asked for."""
    known = [phrase for phrase in read_phrases(ROOT / "benchmarks" / "phrases") if phrase.kind is PhraseKind.REFUSAL]
    return quick(known)[:most]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How late the words are, here and elsewhere.")
    parser.add_argument("--only", nargs="*", default=[], choices=[system.name for system in SYSTEMS], metavar="NAME")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--shape", choices=[*SHAPES], default="tiny.en")
    parser.add_argument("--out", type=Path, default=BUILT / "report")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
