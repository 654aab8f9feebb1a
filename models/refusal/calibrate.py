"""Turns logits into probabilities, and finds from which of them on a label holds, on rows kept from training."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from models.refusal.augment import without_prev
from models.refusal.rows import LABELS, Row
from models.refusal.spoken import spoken

# A threshold far from the middle would make of a doubtful score a certain one, so it may move only so far.
THRESHOLDS = np.arange(0.3, 0.701, 0.01)
# A refusal heard where there is none costs the agent's trust: it weighs a little more than one missed.
FALSE_REFUSAL = 1.2

log = logging.getLogger("calibrate")

Logits = Callable[[str, str], np.ndarray]
"""(prev, text) -> (8,)."""


def calibrate(logits_of: Logits, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Label -> scale and offset of its logit, and the threshold, in the four forms that text comes in."""
    forms = [*rows, *(without_prev(row) for row in rows)]
    forms += [replace(row, prev=spoken(row.prev), text=spoken(row.text) or row.text) for row in forms]
    logits = np.stack([logits_of(row.prev, row.text) for row in forms])
    found: dict[str, dict[str, float]] = {}
    for index, label in enumerate(LABELS):
        known = [place for place, row in enumerate(forms) if row.targets[index] is not None]
        x = torch.tensor(logits[known, index])
        y = torch.tensor([float(forms[place].targets[index] or 0) for place in known])
        scale, offset = _line(x, y)
        scores = (scale * x + offset).sigmoid().numpy()
        threshold = _threshold(scores, y.numpy(), FALSE_REFUSAL if label == "refusal" else 1.0)
        found[label] = {"scale": scale, "offset": offset, "threshold": threshold}
        log.info("%s: scale %.2f, offset %.2f, threshold %.2f", label, scale, offset, threshold)
    return found


def _line(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Scale and offset that make of the logits `x` the likeliest probabilities of `y`."""
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    solver = torch.optim.LBFGS([line], max_iter=60)

    def closure() -> torch.Tensor:
        solver.zero_grad()
        # A pull towards "as it is": few rows must not bend a score far.
        pull = 0.01 * ((line[0] - 1) ** 2 + line[1] ** 2)
        loss = functional.binary_cross_entropy_with_logits(line[0] * x + line[1], y) + pull
        loss.backward()
        return loss

    solver.step(closure)
    scale, offset = (round(float(value), 4) for value in line)
    return scale, offset


def _threshold(scores: np.ndarray, y: np.ndarray, false: float) -> float:
    """The threshold of the best F1 in which a false alarm counts `false` times; the middle of equally good ones."""
    sure = (y < 0.2) | (y > 0.8)
    scores, there = scores[sure], y[sure] > 0.5
    if not there.any():
        return 0.5
    quality = []
    for threshold in THRESHOLDS:
        heard = scores >= threshold
        hit = (heard & there).sum()
        quality.append(2 * hit / (2 * hit + (there & ~heard).sum() + false * (heard & ~there).sum()))
    # Few rows make a ragged curve: it is smoothed, so that one row does not set the threshold.
    smooth = np.convolve(np.pad(quality, 5, mode="edge"), np.ones(11) / 11, mode="valid")
    best = np.flatnonzero(smooth >= smooth.max() - 1e-9)
    return round(float(THRESHOLDS[best[len(best) // 2]]), 2)
