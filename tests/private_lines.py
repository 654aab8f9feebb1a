"""Lines of calls in which it is marked what is private, and the measure of what is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("private_lines.txt")
_MARK = re.compile(r"\[(?:CARD|CODE|NUMBER|EMAIL)\]")
_PRIVATE = re.compile(r"\{([^}]*)\}")
_WORD = re.compile(r"[^\W_]+")
_FIGURE = re.compile(
    r"(?i)\w*[0-9]\w*|zero|oh|one|two|three|four|five|six|seven|eight|niner?|ten|eleven|twelve|\w+teen|double|triple"
    r"|quadruple|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)


@dataclass(frozen=True)
class Line:
    """What somebody said, and the places [start, end) of what is private in it."""

    section: str
    text: str
    private: tuple[tuple[int, int], ...]

    def left(self, redacted: str) -> list[str]:
        """What can still be read of each private stretch, "" for nothing: figures; of an e-mail address any word."""
        kept = _kept(self.text, redacted)
        tells = _WORD if self.section.endswith("e-mail") else _FIGURE
        words = [list(_WORD.finditer(self.text, *place)) for place in self.private]
        return [
            " ".join(w.group() for w in said if tells.fullmatch(w.group()) and any(kept[w.start() : w.end()]))
            for said in words
        ]

    def taken(self, redacted: str) -> list[str]:
        """The words that were taken though nothing in them is private."""
        kept = _kept(self.text, redacted)
        outside = [w for w in _WORD.finditer(self.text) if not any(a <= w.start() < b for a, b in self.private)]
        return [word.group() for word in outside if not all(kept[word.start() : word.end()])]


def lines() -> Iterator[Line]:
    """Every line of the set."""
    section = ""
    for raw in _FILE.read_text("utf-8").splitlines():
        if raw.startswith("## "):
            section = raw.removeprefix("## ")
        elif raw and not raw.startswith("#"):
            places, text = [], ""
            for index, part in enumerate(_PRIVATE.split(raw)):
                if index % 2:
                    places.append((len(text), len(text) + len(part)))
                text += part
            yield Line(section, text, tuple(places))


def _kept(text: str, redacted: str) -> list[bool]:
    """For each character whether it is still there: what stands between two marks was not touched."""
    pattern = "(.+?)".join(f"({re.escape(piece)})" for piece in _MARK.split(redacted))
    found = re.fullmatch(pattern, text, re.DOTALL)
    assert found is not None, (text, redacted)
    kept = [False] * len(text)
    for group in range(1, (found.lastindex or 0) + 1, 2):
        start, end = found.span(group)
        kept[start:end] = [True] * (end - start)
    return kept


@dataclass(frozen=True)
class Score:
    """Private stretches that are gone wholly, of how many; lines of which harmless words were taken, of how many."""

    hidden: int
    private: int
    spoiled: int
    lines: int


def measure(redact: Callable[[str], str], *, second: bool) -> tuple[Score, list[str]]:
    """The score of one of the two sets, and a note on each line that went wrong."""
    score = Score(0, 0, 0, 0)
    wrong: list[str] = []
    for line in lines():
        if line.section.startswith("second") is not second:
            continue
        redacted = redact(line.text)
        left, taken = line.left(redacted), line.taken(redacted)
        score = Score(
            score.hidden + left.count(""), score.private + len(left), score.spoiled + bool(taken), score.lines + 1
        )
        if any(left) or taken:
            wrong.append(f"{line.section}: {line.text!r} -> {redacted!r}")
    return score, wrong
