"""Trains the ear: `python -m models.refusal.train [--smoke]`, then `python -m models.refusal.export`.

MiniLM, its vocabulary pruned and its feed-forward blocks made narrower, learns from the rows; the same seed makes the
same ear.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from models.refusal.encoder import Encoder, load_pretrained, save
from models.refusal.hearings import read_heard
from models.refusal.learn import STEPS, Lesson, fit
from models.refusal.narrow import narrowed
from models.refusal.public import read_plain
from models.refusal.rows import Row
from models.refusal.splits import Corpus, read_corpus
from models.refusal.spoken import spoken
from models.refusal.vectors import teach_vectors
from models.refusal.vocabulary import pretrained, prune
from voiceassist.engines.refusal import tidy

BUILD = Path(__file__).parents[2] / ".build" / "ear"
EAR, TOKENIZER = "ear.pt", "tokenizer.json"
INNER = 1024
"""Units of a feed-forward block, of MiniLM's 1,536: so narrow all six layers take no longer than four whole ones."""
SEED = 8
SMOKE_ROWS, SMOKE_STEPS = 200, 6
SAMPLE = 1500

log = logging.getLogger("train")


@dataclass(frozen=True, slots=True)
class School:
    """What all encoders of one training share: the rows, the words they know, and MiniLM as it was pre-trained."""

    corpus: Corpus
    tokenizer: Tokenizer
    keep: list[int]
    weights: Path
    lesson: Lesson
    plain: list[Row]

    @classmethod
    def open(cls, out: Path, *, steps: int = STEPS, smoke: bool = False) -> School:
        """Read the rows, prune the vocabulary for them, and write the tokenizer to `out`."""
        corpus = read_corpus()
        if smoke:
            rows = corpus.train[:: len(corpus.train) // SMOKE_ROWS][:SMOKE_ROWS]
            corpus, steps = Corpus(rows, corpus.dev[:40], []), SMOKE_STEPS
        weights = pretrained()
        # No word is kept for the sake of the rows that judge.
        data, keep = prune(weights / TOKENIZER, [text for row in corpus.train for text in (row.prev, row.text)])
        out.mkdir(parents=True, exist_ok=True)
        (out / TOKENIZER).write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), "utf-8")
        lesson = Lesson(corpus.train, list(read_heard()), steps)
        plain = [] if smoke else read_plain()
        return cls(corpus, Tokenizer.from_file(str(out / TOKENIZER)), keep, weights, lesson, plain)

    def pretrained(self, layers: Sequence[int] = range(6)) -> Encoder:
        """MiniLM with some of its layers and the words that are kept."""
        return load_pretrained(self.weights / "model.safetensors", self.keep, layers)

    def ear(self, seed: int) -> Encoder:
        """The encoder that the product ships: it judges, and gives vectors.

        Its last quarter is learned twice, in another order: the mean of both judges unseen lines better than either.
        """
        encoder = self.judge(lambda: self.narrowed(INNER), seed)
        other = copy.deepcopy(encoder)
        for order, one in enumerate((encoder, other)):
            torch.manual_seed(seed + order)
            fit(one, self.tokenizer, self.lesson.contrasting(self.plain), seed + order)
        with torch.no_grad():
            for weight, others in zip(encoder.parameters(), other.parameters(), strict=True):
                weight.lerp_(others, 0.5)
        said = {spoken(text) for row in self.corpus.train for text in (row.prev, row.text)}
        teach_vectors(encoder, self.pretrained().eval(), self.tokenizer, sorted(filter(tidy, said)), seed)
        return encoder

    def judge(self, make: Callable[[], Encoder], seed: int) -> Encoder:
        """An encoder that has learned to judge."""
        torch.manual_seed(seed)
        return fit(make(), self.tokenizer, self.lesson, seed)

    def narrowed(self, inner: int) -> Encoder:
        """MiniLM with narrower feed-forward blocks."""
        rows = random.Random(1).sample(self.corpus.train, min(SAMPLE, len(self.corpus.train)))
        pairs = [(spoken(row.prev), spoken(row.text) or row.text) for row in rows]
        return narrowed(self.pretrained(), inner, self.tokenizer, pairs)


def main() -> None:
    """Trains the ear; ends with the folder that `export` takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=BUILD)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--smoke", action="store_true", help="200 rows and a few steps: does the whole path work?")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.use_deterministic_algorithms(True)
    # How many threads share a sum changes its last digits: these two on every machine.
    torch.set_num_threads(2)
    school = School.open(args.out, steps=args.steps, smoke=args.smoke)
    log.info(
        "rows: %d train, %d dev, %d test; %d tokens",
        *(len(rows) for rows in (school.corpus.train, school.corpus.dev, school.corpus.test)), len(school.keep),
    )  # fmt: skip
    save(school.ear(args.seed), args.out / EAR)


if __name__ == "__main__":
    main()
