"""Measures the ear on lines it never trained on: `python -m models.refusal.evaluate [ROWS.jsonl…] [--json] [--card]`.

Without files: the test split, that is the held-out lines by other hands and the public dialogues kept for it. Each line
is judged as written and as a live recogniser writes it, with and without the customer's words; and, where a row was
spoken and recognised, as it was heard. `--card` writes the figures into the model card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from models.refusal.hearings import HEARD_TEST, read_heard
from models.refusal.keywords import Keywords
from models.refusal.rows import LABELS, Row, read_rows
from models.refusal.splits import read_corpus
from models.refusal.spoken import spoken
from voiceassist.bench.quality import Example, Form, Judge, Quality, measure, time_lines
from voiceassist.core.types import Label
from voiceassist.engines.refusal import MODEL, RefusalClassifier

HERE = Path(__file__).parent
CARD = HERE / "card.md"
_SECTION = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def examples(rows: Iterable[Row], *, live: bool = True) -> list[Example]:
    """The rows as lines to measure on: as a live recogniser writes them, or as they were written down."""
    found: list[Example] = []
    for row in rows:
        labels = {Label(name): value == 1 for name, value in zip(LABELS, row.targets, strict=True) if value is not None}
        alone = None if row.alone is None else row.alone == 1
        prev, text = (spoken(row.prev), spoken(row.text) or row.text) if live else (row.prev, row.text)
        found.append(Example(row.id, prev, text, labels, row.category, row.pair, alone))
    return found


def heard(rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that were spoken and recognised, once for each clip: as they were said, and as they were heard."""
    known = {row.id: row for row in rows}
    clips = [(known[hearing.id], hearing.text) for hearing in read_heard(HEARD_TEST) if hearing.id in known]
    return [row for row, _ in clips], [replace(row, text=text) for row, text in clips]


def report(judge: Judge, rows: Sequence[Row]) -> dict[str, Any]:
    """Every figure of the card: own and public lines apart, then the recogniser's toll and the time a line takes."""
    own = [row for row in rows if not row.id.startswith("public")]
    public = [row for row in rows if row.id.startswith("public")]
    found: dict[str, Any] = {"live": asdict(measure(judge, examples(own)))}
    found["written"] = asdict(measure(judge, examples(own, live=False)))
    if public:
        found["public"] = asdict(measure(judge, examples(public)))
    said, recognised = heard(own)
    if said:
        found["said"], found["heard"] = (asdict(measure(judge, examples(part))) for part in (said, recognised))
    found["milliseconds_a_line"] = asdict(time_lines(judge, examples(rows)))
    return found


def f1(value: float | None) -> str:
    """A share with two digits, a dash where there is nothing to count."""
    return "-" if value is None else f"{value:.2f}"


def summary(quality: Quality) -> dict[str, float | None]:
    """The figures by which ears are compared."""
    prev, blanked = quality.with_prev, quality.prev_blanked
    return {
        "refusal": prev.labels[Label.REFUSAL].found.f1,
        "refusal, no prev": blanked.labels[Label.REFUSAL].found.f1,
        "bare found": prev.bare.recall,
        "false refusals": prev.false_refusals.share,
        "pairs": prev.pairs.share,
        "alternative of refusals": prev.alternative.f1,
        **{label: prev.labels[Label(label)].found.f1 for label in LABELS[1:]},
        "calibration error": prev.labels[Label.REFUSAL].calibration.error,
    }


def table(named: dict[str, Quality]) -> list[str]:
    """Markdown: a line a figure, a column for each of the qualities."""
    columns = {name: summary(quality) for name, quality in named.items()}
    lines = [f"| figure | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    return lines + [
        f"| {figure} | {' | '.join(f1(column[figure]) for column in columns.values())} |"
        for figure in next(iter(columns.values()))
    ]


def by_category(form: Form) -> list[str]:
    """Markdown: where refusals were missed, and where they were heard without being there."""
    lines = ["| category | rows | refusals | missed | false |", "| --- | --- | --- | --- | --- |"]
    return lines + [
        f"| {name} | {found.rows} | {found.refusals} | {found.missed} | {found.false} |"
        for name, found in sorted(form.categories.items())
    ]


def figures(judge: Judge, rows: Sequence[Row]) -> str:
    """The section of the model card."""
    own = [row for row in rows if not row.id.startswith("public")]
    public = [row for row in rows if row.id.startswith("public")]
    live = measure(judge, examples(own))
    named = {
        "live": live,
        "as written": measure(judge, examples(own, live=False)),
        **({"public dialogues": measure(judge, examples(public))} if public else {}),
        "keywords, live": measure(Keywords(), examples(own)),
    }
    times = time_lines(judge, examples(rows))
    lines = [f"{len(own)} held-out lines, {len(public)} of public dialogues. One line takes {times.p50:.1f} ms (p50),"]
    lines += [f"{times.p95:.1f} ms (p95) on one thread.", "", *table(named)]
    said, recognised = heard(own)
    if said:
        before, after = (measure(judge, examples(part)) for part in (said, recognised))
        lines += ["", f"Spoken by the demo's voices and recognised ({len(said)} clips):", ""]
        lines += table({"as said": before, "as heard": after})
    return "\n".join([*lines, "", *by_category(live.with_prev)]) + "\n"


def main() -> None:
    """Prints the tables, or one JSON document, or writes the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="*")
    parser.add_argument("--model", type=Path, default=HERE)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--card", action="store_true", help="write the figures and the model's digest into the card")
    args = parser.parse_args()
    rows = list(read_rows(args.rows)) if args.rows else read_corpus().test
    judge = RefusalClassifier(args.model)
    if args.json:
        sys.stdout.write(json.dumps(report(judge, rows), indent=1) + "\n")
        return
    text = figures(judge, rows)
    if args.card:
        digest = hashlib.sha256((args.model / MODEL).read_bytes()).hexdigest()
        section = f"`{MODEL}` sha256 `{digest}`\n\n{text}"
        CARD.write_text(_SECTION.sub(lambda found: f"{found[1]}{section}{found[2]}", CARD.read_text("utf-8")), "utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
