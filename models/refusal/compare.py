"""Trains every kind of model on the same rows, three seeds each: `python -m models.refusal.compare`.

Encoders learn from fewer batches here than the ear that ships, all from as many; that ear stands beside them. Each is
calibrated on the dev split and measured on the test split, in the form of a live call. What is done is kept in
.build/ear, so that a run cut off is taken up again. Ends with comparison.json and comparison.md.
"""

from __future__ import annotations

import argparse
import json
import logging
import pickle
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from models.refusal.baselines import NGrams
from models.refusal.encoder import Encoder, Shape, load, save
from models.refusal.evaluate import examples, summary
from models.refusal.export import export
from models.refusal.keywords import Keywords
from models.refusal.learn import fit
from models.refusal.train import BUILD, INNER, School
from voiceassist.bench.quality import Judge, measure, time_lines
from voiceassist.engines.refusal import CARD, MODEL, TOKENIZER, RefusalClassifier

HERE = Path(__file__).parent
SHIPPED = "the ear that ships"
JSON, TABLE = HERE / "comparison.json", HERE / "comparison.md"
SEEDS, STEPS = (7, 8, 9), 1200
SMALL = Shape(layers=4, width=192, heads=6, inner=768)

log = logging.getLogger("compare")


@dataclass(frozen=True, slots=True)
class Result:
    """One model of one seed: its figures, MB on disk, seconds to load and milliseconds a line on one thread."""

    figures: dict[str, float | None]
    false_by_category: dict[str, tuple[int, int]]
    public_refusal: float | None
    megabytes: float
    seconds_to_load: float
    p50: float
    p95: float


def judged(judge: Judge, school: School, megabytes: float, seconds: float) -> Result:
    """Measure a judge on the test split."""
    own = [row for row in school.corpus.test if not row.id.startswith("public")]
    public = [row for row in school.corpus.test if row.id.startswith("public")]
    times = time_lines(judge, examples(own))
    quality = measure(judge, examples(own))
    false = {
        name: (category.false, category.rows - category.refusals)
        for name, category in quality.with_prev.categories.items()
        if category.rows > category.refusals
    }
    public_f1 = summary(measure(judge, examples(public)))["refusal"] if public else None
    return Result(summary(quality), false, public_f1, megabytes, seconds, times.p50, times.p95)


def encoder(school: School, name: str, seed: int, make: Callable[[int], Encoder]) -> Result:
    """Train an encoder where it was not yet, export it as the product would ship it, and measure that."""
    folder = BUILD / f"{name}-{seed}"
    if not (folder / CARD).exists():
        trained = cached(BUILD / f"{name}-{seed}.pt", lambda: make(seed))
        export(trained, BUILD / TOKENIZER, school.corpus.dev, folder)
    return exported(school, folder)


def exported(school: School, folder: Path) -> Result:
    """Measure what lies in a folder as the product would load it."""
    began = time.perf_counter()
    ear = RefusalClassifier(folder)
    seconds = time.perf_counter() - began
    size = sum((folder / part).stat().st_size for part in (CARD, MODEL, TOKENIZER)) / 1e6
    return judged(ear, school, size, seconds)


def cached(path: Path, make: Callable[[], Encoder]) -> Encoder:
    """The encoder saved at `path`, made and saved first where it is not there."""
    if not path.exists():
        unfinished = path.with_suffix(".part")
        save(make(), unfinished)
        unfinished.replace(path)
    return load(path)


def ngrams(school: School, seed: int) -> Result:
    """Train n-grams and measure them."""
    judge = NGrams.train(school.corpus.train, school.corpus.dev, school.lesson.hearings, seed)
    path = BUILD / f"ngrams-{seed}.pickle"
    judge.save(path)
    began = time.perf_counter()
    pickle.loads(path.read_bytes())  # noqa: S301 - written by the line above
    seconds = time.perf_counter() - began
    return judged(judge, school, path.stat().st_size / 1e6, seconds)


def kept(name: str, seed: int, run: Callable[[int], Result]) -> Result:
    """The result of an earlier run, else that of this one."""
    path = BUILD / f"{name}-{seed}.json"
    if not path.exists():
        path.write_text(json.dumps(asdict(run(seed))), "utf-8")
    return Result(**json.loads(path.read_text("utf-8")))


def small(school: School, seed: int) -> Encoder:
    """A small transformer that starts from nothing."""
    torch.manual_seed(seed)
    return fit(Encoder(len(school.keep), SMALL), school.tokenizer, replace(school.lesson, rate=6e-4), seed)


def candidates(school: School) -> dict[str, Callable[[int], Result]]:
    """Name -> what trains and measures it for a seed."""

    def of(name: str, make: Callable[[], Encoder]) -> Callable[[int], Result]:
        return lambda seed: encoder(school, name, seed, lambda seed: school.judge(make, seed))

    return {
        "keywords": lambda _: judged(Keywords(), school, 0.0, 0.0),
        "hashed n-grams": lambda seed: ngrams(school, seed),
        "small transformer": lambda seed: encoder(school, "small", seed, lambda seed: small(school, seed)),
        "MiniLM": of("whole", school.pretrained),
        f"MiniLM, {INNER} units": of("narrow", lambda: school.narrowed(INNER)),
        "MiniLM, 4 layers": of("four", lambda: school.pretrained((0, 1, 3, 5))),
        "MiniLM, 3 layers": of("three", lambda: school.pretrained((0, 2, 5))),
        SHIPPED: lambda _: exported(school, HERE),
    }


def table(results: dict[str, list[Result]]) -> str:
    """Markdown: a column a model; the mean of its seeds and, where they differ, the lowest and highest."""

    def cell(values: Sequence[float | None], digits: int) -> str:
        known = [value for value in values if value is not None]
        if not known:
            return "-"
        mean, low, high = (f"{value:.{digits}f}" for value in (statistics.mean(known), min(known), max(known)))
        return mean if low == high else f"{mean} ({low}-{high})"

    lines = [f"| | {' | '.join(results)} |", f"| --- |{' --- |' * len(results)}"]
    columns = list(results.values())
    lines += [
        f"| {figure} | {' | '.join(cell([r.figures[figure] for r in column], 2) for column in columns)} |"
        for figure in columns[0][0].figures
    ]
    plain = {"refusal, public dialogues": ("public_refusal", 2), "MB": ("megabytes", 1)}
    plain |= {"s to load": ("seconds_to_load", 2), "ms a line, p50": ("p50", 1), "ms a line, p95": ("p95", 1)}
    for name, (key, digits) in plain.items():
        lines.append(
            f"| {name} | {' | '.join(cell([getattr(r, key) for r in column], digits) for column in columns)} |"
        )
    lines += ["", "False refusals by category of the lines without one, mean over the seeds:", ""]
    lines += [f"| category | lines | {' | '.join(results)} |", f"| --- | --- |{' --- |' * len(results)}"]
    for category, (_, total) in sorted(columns[0][0].false_by_category.items()):
        false = [statistics.mean(r.false_by_category[category][0] for r in column) for column in columns]
        lines.append(f"| {category} | {total} | {' | '.join(f'{value:.1f}' for value in false)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Trains what is missing, measures all, writes comparison.json and comparison.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", help="parts of names")
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    school = School.open(BUILD, steps=STEPS)
    results: dict[str, list[Result]] = {}
    for name, run in candidates(school).items():
        if args.only and not any(part in name for part in args.only):
            continue
        seeds = args.seeds[:1] if name in {"keywords", SHIPPED} else args.seeds
        results[name] = [kept(name, seed, run) for seed in seeds]
        log.info("%s: %s", name, results[name][0].figures)
    if not args.only:
        found = {name: [asdict(result) for result in runs] for name, runs in results.items()}
        JSON.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        TABLE.write_text(table(results), "utf-8")


if __name__ == "__main__":
    main()
