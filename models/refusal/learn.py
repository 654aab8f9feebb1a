"""Fits an encoder to random views of the rows."""

from __future__ import annotations

import copy
import logging
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.refusal.augment import BLANK, REFUSAL, Views
from models.refusal.encoder import NEW, Encoder
from models.refusal.hearings import Hearing
from models.refusal.rows import LABELS, Row
from models.refusal.spoken import spoken
from voiceassist.engines.refusal import encode, tidy

BATCH, POOL, MEAN_EVERY = 32, 10, 4
STEPS = 6000
PEAK_RATE = 1.5e-4
RARE = tuple(LABELS.index(label) for label in ("promise", "closing", "buy_in", "acknowledgement"))

log = logging.getLogger("learn")

Pair = tuple[str, str]
"""(prev, text)."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What an encoder learns from: the rows, what recognisers heard of some, and how many batches at what peak rate.

    `blank` of the views come without the customer's words.
    """

    rows: Sequence[Row]
    hearings: Sequence[Hearing] = ()
    steps: int = STEPS
    rate: float = PEAK_RATE
    blank: float = BLANK

    def contrasting(self, plain: Sequence[Row] = ()) -> Lesson:
        """A quarter as long, and slower, with more of what is told apart only by what the customer said.

        That are rows with the same words and another meaning, and `plain` ones, in which nothing is refused.
        """
        targets: dict[str, set[float | None]] = defaultdict(set)
        for row in self.rows:
            targets[spoken(row.text)].add(row.targets[REFUSAL])
        torn = [row for row in self.rows if len(targets[spoken(row.text)]) > 1]
        return replace(
            self, rows=[*self.rows, *torn, *torn, *plain], steps=self.steps // 4, rate=0.4 * self.rate, blank=0.2
        )


def collate(pairs: Sequence[Pair], tokenizer: Tokenizer) -> tuple[Tensor, Tensor, Tensor]:
    """Pairs (prev, text) -> ids, types, mask, each (batch, longest)."""
    encoded = [encode(tokenizer, tidy(prev), tidy(text)) for prev, text in pairs]
    shape = len(encoded), max(ids.shape[1] for ids, _ in encoded)
    ids, types = torch.zeros(shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.int64)
    mask = torch.zeros(shape, dtype=torch.bool)
    for place, (own_ids, own_types) in enumerate(encoded):
        length = own_ids.shape[1]
        ids[place, :length] = torch.from_numpy(own_ids[0])
        types[place, :length] = torch.from_numpy(own_types[0])
        mask[place, :length] = True
    return ids, types, mask


def batches(lesson: Lesson, seed: int) -> Iterator[list[Row]]:
    """Yield batches of random views; a row of a rare label comes up twice before the others come up again."""
    chance = random.Random(seed)

    def endless(source: Sequence[Row]) -> Iterator[Row]:
        while True:
            yield from chance.sample(source, len(source))

    views = Views(lesson.rows, seed, lesson.hearings, blank=lesson.blank)
    log.info("%d rows, %d confusions learned", len(lesson.rows), len(views.confusions))
    rows = endless([*lesson.rows, *(row for row in lesson.rows if any(row.targets[index] for index in RARE))])
    for _ in range(0, lesson.steps, POOL):
        # Lines of like length go together: a batch costs what its longest line costs.
        pool = sorted((views.draw(next(rows)) for _ in range(POOL * BATCH)), key=lambda r: len(r.text) + len(r.prev))
        yield from chance.sample([pool[start : start + BATCH] for start in range(0, len(pool), BATCH)], POOL)


def fit(encoder: Encoder, tokenizer: Tokenizer, lesson: Lesson, seed: int) -> Encoder:
    """Train, and return the running mean of the weights, for it judges unseen lines better than the last ones do."""
    # Half the digits are enough to compute with, and processors made for it do so several times as fast; the weights
    # themselves, which change by little at a time, keep all of theirs.
    half = copy.deepcopy(encoder).to(torch.bfloat16).train()
    whole, halves = list(encoder.parameters()), list(half.parameters())
    mean = [weight.detach().clone() for weight in whole]
    optimizer, schedule = _optimizer(encoder, lesson)
    began = time.monotonic()
    for step, batch in enumerate(batches(lesson, seed)):
        logits = half(*collate([(row.prev, row.text) for row in batch], tokenizer))[0].float()
        loss = judge_loss(logits, batch)
        loss.backward()
        for full, weight in zip(whole, halves, strict=True):
            # The map to vectors is learned afterwards.
            full.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(whole, 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            torch._foreach_copy_(halves, whole)
            if step % MEAN_EVERY == 0:
                keep = min(0.995**MEAN_EVERY, (1 + step) / (10 + step))
                torch._foreach_lerp_(mean, whole, 1 - keep)
        if step % 100 == 0:
            log.info("step %d of %d, loss %.3f, %.0f s", step, lesson.steps, loss.detach(), time.monotonic() - began)
    with torch.no_grad():
        torch._foreach_copy_(whole, mean)
    return encoder.eval()


def judge_loss(logits: Tensor, batch: Sequence[Row]) -> Tensor:
    """Binary cross-entropy over the known targets, weighted by row; `refusal` counts double."""
    targets = torch.tensor([[0.5 if value is None else value for value in row.targets] for row in batch])
    known = torch.tensor([[0.0 if value is None else 1.0 for value in row.targets] for row in batch])
    weights = known * torch.tensor([[row.weight] for row in batch])
    weights[:, LABELS.index("refusal")] *= 2
    losses = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return (losses * weights).sum() / weights.sum()


def _optimizer(encoder: Encoder, lesson: Lesson) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    trained = [(name, weight) for name, weight in encoder.named_parameters() if weight.requires_grad]
    head = [weight for name, weight in trained if name.startswith(NEW)]
    body = [weight for name, weight in trained if not name.startswith(NEW)]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": lesson.rate}, {"params": head, "lr": 8 * lesson.rate}], weight_decay=0.01, fused=True
    )
    steps = lesson.steps
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / (0.08 * steps), max(0.02, (steps - step) / (0.92 * steps)))
    )
    return optimizer, schedule
