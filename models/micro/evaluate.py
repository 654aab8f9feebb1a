"""Measures the model by faster-whisper on what it never trained on: `python -m models.micro.evaluate [--json]`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from models.micro import texts
from models.micro.export import FOLDER
from models.micro.sound import KINDS, Sound, noise, telephone
from models.micro.voices import RATE, UNSEEN_VOICES, VOICES, Utterance, say

PAIRS = (
    ("No, we can't do that.", "No, we can do that."),
    ("We can't do that.", "We can do that."),
    ("I can't help you with that.", "I can help you with that."),
    ("You can't return the phone.", "You can return the phone."),
    ("I'm sorry, but I can't give you a refund.", "I'm sorry, but I can give you a refund."),
    ("We can't.", "We can."),
)  # fmt: skip
PHRASES = (
    "No, we can't do two.", "I'm afraid that's not possible.", "That's not possible.", "It's against our policy.",
    "Let me see what I can find.", "No problem, I can do that.", "No problem.", "No.", "Yes, of course we can.",
)  # fmt: skip
_NEGATIVE = frozenset(
    "no not can't won't don't isn't doesn't couldn't wasn't didn't haven't cannot never none nothing".split()
)


@dataclass(slots=True)
class Score:
    """Errors over the words of a set of clips, and how many clips came out exact or with the same negation."""

    clips: int = 0
    words: int = 0
    errors: int = 0
    exact: int = 0
    same_negation: int = 0

    def add(self, said: str, heard: str) -> None:
        """Count one clip."""
        wanted, got = texts.plain(said), texts.plain(heard)
        self.clips += 1
        self.words += len(wanted)
        self.errors += errors(wanted, got)
        self.exact += wanted == got
        self.same_negation += _NEGATIVE.isdisjoint(wanted) == _NEGATIVE.isdisjoint(got)

    def figures(self) -> dict[str, float]:
        """The score as shares."""
        return {
            "clips": self.clips,
            "wer": round(self.errors / max(1, self.words), 3),
            "exact": round(self.exact / max(1, self.clips), 3),
            "same_negation": round(self.same_negation / max(1, self.clips), 3),
        }


class Listener:
    """The model as the product asks it: greedy, without times, at one temperature."""

    def __init__(self, folder: Path) -> None:
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def hear(self, sound: Sound) -> str:
        pieces, _ = self._model.transcribe(
            sound.astype(np.float32),
            language="en",
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=64,
        )
        return " ".join(piece.text.strip() for piece in pieces)


def errors(wanted: list[str], got: list[str]) -> int:
    """Words to insert, delete or replace to turn one list into the other."""
    costs = list(range(len(got) + 1))
    for row, word in enumerate(wanted, 1):
        before, costs[0] = costs[0], row
        for column, other in enumerate(got, 1):
            replaced = before + (word != other)
            before, costs[column] = costs[column], min(costs[column] + 1, costs[column - 1] + 1, replaced)
    return costs[-1]


def clean(utterance: Utterance) -> Sound:
    """The utterance between two short pauses."""
    return np.pad(utterance.samples.astype(np.float32) / 32768 * 0.8, (RATE // 10, RATE // 5))


def by_telephone(utterance: Utterance) -> Sound:
    """The utterance over a telephone line with noise 20 dB under it."""
    sound = clean(utterance)
    loudness = np.float32(np.sqrt(np.mean(sound**2)))
    return telephone(sound + noise(len(sound), 0, np.random.default_rng(1)) * loudness * 0.1)


def cut_short(utterance: Utterance, share: float) -> tuple[Sound, list[list[str]]]:
    """The first `share` of an utterance, and what may be heard: the words that ended, or also the one begun."""
    end = share * len(utterance.samples) / RATE
    sound = np.pad(utterance.samples[: round(end * RATE)].astype(np.float32) / 32768 * 0.8, (RATE // 10, 0))
    ended = [span.text for span in utterance.words if span.end <= end]
    begun = [span.text for span in utterance.words if span.start <= end]
    return sound, [texts.plain(" ".join(words)) for words in (ended, begun)]


def wordless() -> dict[str, Sound]:
    """Sounds without words: those of a call, and three of each kind that was trained, never these themselves."""
    time = np.arange(4 * RATE) / RATE
    rng = np.random.default_rng(99)
    ring = (np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)) * (time < 2) * 0.2
    beat = time[:4800]
    tune = np.concatenate([np.sin(2 * np.pi * note * beat) * np.exp(-4 * beat) for note in (262, 330, 392, 523)])
    sounds = {
        "zeros 2 s": np.zeros(2 * RATE),
        "zeros 12 s": np.zeros(12 * RATE),
        "noise -60 dB": rng.normal(0, 1e-3, 2 * RATE),
        "noise -30 dB": rng.normal(0, 0.03, 2 * RATE),
        "noise -20 dB": rng.normal(0, 0.1, RATE),
        "440 Hz": 0.3 * np.sin(2 * np.pi * 440 * time),
        "1 kHz": 0.1 * np.sin(2 * np.pi * 1000 * time),
        "50 Hz": 0.05 * np.sin(2 * np.pi * 50 * time),
        "ring-back": ring,
        "tune": np.tile(0.3 * tune, 3),
    }
    for kind, make in KINDS.items():
        for number in range(3):
            sound = make(round(rng.uniform(1, 5) * RATE), rng)
            sounds[f"{kind} {number + 1}"] = 0.3 * sound / max(1e-3, float(np.abs(sound).max()))
    return sounds


def evaluate(folder: Path) -> dict[str, object]:
    """All figures of the model in `folder`."""
    listener = Listener(folder)
    report: dict[str, object] = {}
    for kind in ("combinations", "structures"):
        for name, change in (("clean", clean), ("telephone", by_telephone)):
            report[f"{kind}, {name}"] = _by_voice(listener, texts.held_out(kind), VOICES, change)
        report[f"{kind}, unseen voice"] = _by_voice(listener, texts.held_out(kind), UNSEEN_VOICES, clean)
    report["phrases"] = _by_voice(listener, PHRASES, VOICES, clean)
    report["cut short"] = _cut_short(listener)
    report["can and can't"] = _pairs(listener)
    heard = {name: listener.hear(sound) for name, sound in wordless().items()}
    report["wordless"] = {"clips": len(heard), "with words": {name: text for name, text in heard.items() if text}}
    return report


def _by_voice(
    listener: Listener, lines: Iterable[str], voices: Iterable[str], change: Callable[[Utterance], Sound]
) -> dict[str, object]:
    lines, total = list(lines), Score()
    by_voice: dict[str, float] = {}
    misheard: list[tuple[str, str, str]] = []
    for voice in voices:
        score = Score()
        for text in lines:
            heard = listener.hear(change(say(text, voice)))
            score.add(text, heard)
            total.add(text, heard)
            if texts.plain(text) != texts.plain(heard):
                misheard.append((voice, text, heard))
        by_voice[voice] = score.figures()["wer"]
    return {**total.figures(), "wer by voice": by_voice, "misheard": misheard}


def _pairs(listener: Listener) -> dict[str, object]:
    """How often "can" and "can't" are told apart, and where not."""
    wrong: list[tuple[str, str, str]] = []
    for voice in VOICES:
        for text in (text for pair in PAIRS for text in pair):
            heard = listener.hear(clean(say(text, voice)))
            if ("can't" in texts.plain(text)) != ("can't" in texts.plain(heard)):
                wrong.append((voice, text, heard))
    return {"clips": len(VOICES) * 2 * len(PAIRS), "wrong": wrong}


def _cut_short(listener: Listener) -> dict[str, float]:
    wrong = words = longer = clips = 0
    lines = [*texts.held_out("combinations")[::3], *texts.held_out("structures")[::3]]
    for number, text in enumerate(lines):
        utterance = say(text, VOICES[number % len(VOICES)])
        for share in (0.35, 0.6, 0.8):
            sound, allowed = cut_short(utterance, share)
            heard = texts.plain(listener.hear(sound))
            clips += 1
            wrong += min(errors(wanted, heard) for wanted in allowed)
            words += len(allowed[0])
            longer += len(heard) > len(allowed[1])
    return {"clips": clips, "wer": round(wrong / words, 3), "longer than what was said": longer}


def main() -> None:
    """Print the figures of a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=FOLDER)
    parser.add_argument("--json", action="store_true", help="print everything, with what was misheard")
    arguments = parser.parse_args()
    report = evaluate(arguments.model)
    if arguments.json:
        print(json.dumps(report, indent=1))
        return
    for name, figures in report.items():
        assert isinstance(figures, dict)
        print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items() if key != "misheard"))


if __name__ == "__main__":
    main()
