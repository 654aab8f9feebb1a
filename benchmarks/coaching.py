"""Whether the right nudge comes after the right turn: `python benchmarks/coaching.py [--spoken] FILE|FOLDER…`.

Plays the turns files, each with what its calls `expect`, as turns or said by the voices of Debian's flite and heard by
the embedded recogniser. Prints each expectation that was not met, and how many were. With `--quiet HOURS` the FILEs are
JSON lines of `prev` and `text` without a refusal: of them one call after another is made, and every nudge is false.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import wave
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("tests", ".")]

from calls import nudges_by_turn

from models.micro.voices import say
from models.refusal.spoken import spoken
from voiceassist import app
from voiceassist.audio.file import Pace
from voiceassist.core.types import SAMPLE_RATE, Channel
from voiceassist.server import messages as wire
from voiceassist.settings import Settings
from voiceassist.turns import SUFFIXES, Turn, TurnsCall, read

VOICES = {Channel.AGENT: ("rms", "slt", "awb"), Channel.CUSTOMER: ("kal16", "awb", "slt")}
PACE = 2.7
"""Words a second of the turns that are made here."""
BEFORE_ANSWER, BEFORE_NEXT = 0.5, 1.5
QUIET_TURNS = 40
"""Answers of the agent in a call without refusals: some seven minutes."""
CAP = 3


def calls_of(paths: Iterable[Path]) -> Iterator[TurnsCall]:
    """The calls of all files, and of the files in all folders."""
    for path in paths:
        for file in sorted(p for p in path.iterdir() if p.suffix in SUFFIXES) if path.is_dir() else [path]:
            yield from read(file)


def quiet_calls(paths: Iterable[Path], hours: float, chance: random.Random) -> Iterator[TurnsCall]:
    """Calls of so many hours in all, made of pairs of `prev` and `text`, each pair once as far as they reach."""
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    chance.shuffle(rows)
    pairs, left, number = cycle(rows), round(hours * 3600 * SAMPLE_RATE), 0
    while left > 0:
        turns: list[Turn] = []
        at, number = 0, number + 1
        for row, _ in zip(pairs, range(QUIET_TURNS), strict=False):
            for speaker, text, gap in (
                (Channel.CUSTOMER, row["prev"], BEFORE_NEXT),
                (Channel.AGENT, row["text"], BEFORE_ANSWER),
            ):
                if text.strip():
                    start = at + round(gap * SAMPLE_RATE)
                    at = start + round(len(text.split()) / PACE * SAMPLE_RATE)
                    turns.append(Turn(speaker, text, start, at))
        left -= at
        yield TurnsCall(f"quiet-{number}", tuple(turns), {})


def said(call: TurnsCall) -> tuple[TurnsCall, np.ndarray]:
    """The call as voices say it: its gaps stay, its turns last as long as the voices take.

    The sound is (n, 2) int16 at 16 kHz, the agent on the left.
    """
    number = sum(call.id.encode())
    voices = {side: names[number % len(names)] for side, names in VOICES.items()}
    if len(set(voices.values())) == 1:
        voices[Channel.CUSTOMER] = "kal16"
    turns: list[Turn] = []
    clips: list[np.ndarray] = []
    was = now = 0
    for turn in call.turns:
        clip = say(spoken(turn.text) or turn.text, voices[turn.speaker]).samples
        start = max(now + turn.start - was, turns[-1].start if turns else 0)
        turns.append(Turn(turn.speaker, turn.text, start, start + len(clip)))
        clips.append(clip)
        was, now = max(was, turn.end), max(now, start + len(clip))
    sound = np.random.default_rng(7).integers(-4, 5, (now + SAMPLE_RATE, 2), np.int16)
    for turn, clip in zip(turns, clips, strict=True):
        sound[turn.start : turn.end, int(turn.speaker is Channel.CUSTOMER)] += clip
    return TurnsCall(call.id, tuple(turns), call.expect), sound


def nudges(assistant: app.Assistant, call: TurnsCall, sound: np.ndarray | None) -> list[wire.Nudge]:
    """The nudges of a call, as turns or, with its `sound`, as it is heard."""
    told: list[wire.CallEvent] = []
    if sound is None:
        asyncio.run(app.play_turns(assistant, call, told.append, pace=Pace.FAST))
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{call.id}.wav"
            with wave.open(str(file), "wb") as out:
                out.setparams((2 if Channel.CUSTOMER in call.channels else 1, 2, SAMPLE_RATE, 0, "NONE", ""))
                out.writeframes(np.ascontiguousarray(sound[:, : out.getnchannels()]).tobytes())
            asyncio.run(app.replay(assistant, file, told.append, pace=Pace.FAST))
    return [message for message in told if isinstance(message, wire.Nudge)]


def main() -> None:
    """Prints what was missed, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--spoken", action="store_true")
    parser.add_argument("--quiet", type=float, metavar="HOURS")
    args = parser.parse_args()
    settings = Settings.model_validate({"transcriber": {"name": "pocketsphinx" if args.spoken else "scripted"}})
    with app.assistant(settings, words={}) as assistant:
        if args.quiet is None:
            expectations(assistant, calls_of(args.files), spoken=args.spoken)
        else:
            chance = random.Random(7)  # noqa: S311 - always the same calls
            false_nudges(assistant, quiet_calls(args.files, args.quiet, chance), spoken=args.spoken)


def expectations(assistant: app.Assistant, calls: Iterable[TurnsCall], *, spoken: bool) -> None:
    """Print which expectations were missed, and how many were met."""
    met: Counter[tuple[str, bool]] = Counter()
    for original in calls:
        call, sound = said(original) if spoken else (original, None)
        sent = nudges(assistant, call, sound)
        kinds = nudges_by_turn(call, [(nudge.at, nudge.kind) for nudge in sent])
        if len({nudge.id for nudge in sent}) > CAP:
            print(f"{call.id}: more than {CAP} nudges")
        for turn, wanted in call.expect.items():
            got = kinds.get(turn, [])
            right = set(got) == (set() if wanted == "none" else {wanted})
            met[wanted, right] += 1
            if not right:
                print(
                    f"{call.id} turn {turn}: {wanted} wanted, {', '.join(got) or 'none'} came: {call.turns[turn].text}"
                )
    for kind in sorted({kind for kind, _ in met}):
        print(f"{kind:20}{met[kind, True]:4} of {met[kind, True] + met[kind, False]}")
    right = sum(count for (_, good), count in met.items() if good)
    print(f"{'all':20}{right:4} of {met.total()}, {right / max(met.total(), 1):.3f}")


def false_nudges(assistant: app.Assistant, calls: Iterable[TurnsCall], *, spoken: bool) -> None:
    """Print every nudge, in how many hours of call they came."""
    heard, wrong = 0, 0
    for original in calls:
        call, sound = said(original) if spoken else (original, None)
        for nudge in nudges(assistant, call, sound):
            wrong += 1
            print(f"{call.id} at {nudge.at:.0f} s: {nudge.kind} for “{nudge.quote}”")
        heard += max(turn.end for turn in call.turns)
    print(f"{wrong} false nudges in {heard / SAMPLE_RATE / 3600:.2f} hours")


if __name__ == "__main__":
    main()
