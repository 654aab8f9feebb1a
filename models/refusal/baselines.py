"""What the ear is compared with: a linear model over hashed n-grams of words and letters."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from models.refusal.augment import Views
from models.refusal.calibrate import calibrate
from models.refusal.hearings import Hearing
from models.refusal.rows import LABELS, Row
from voiceassist.core.types import Scores
from voiceassist.engines.refusal import Calibration, tidy

VIEWS = 4
"""How often each row is seen, each time in another form."""
_WORDS = HashingVectorizer(ngram_range=(1, 3), n_features=2**17, token_pattern=r"[\w']+", alternate_sign=False)
_PIECES = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=2**17, alternate_sign=False)
_BEFORE = HashingVectorizer(ngram_range=(1, 2), n_features=2**15, token_pattern=r"[\w']+", alternate_sign=False)


@dataclass
class NGrams:
    """A judge of lines that knows n-grams; `models` are one a label."""

    models: list[SGDClassifier]
    calibrations: list[Calibration]

    @classmethod
    def train(cls, rows: Sequence[Row], dev: Sequence[Row], hearings: Sequence[Hearing], seed: int) -> NGrams:
        """Fit to random views of the rows, and calibrate on `dev`."""
        views = Views(rows, seed, hearings)
        seen = [views.draw(row) for _ in range(VIEWS) for row in rows]
        features = _features([(row.prev, row.text) for row in seen])
        judge = cls([_line(features, seen, index, seed) for index in range(len(LABELS))], [])
        found = calibrate(judge.logits, dev)
        judge.calibrations = [Calibration(**found[label]) for label in LABELS]
        return judge

    def logits(self, prev: str, text: str) -> np.ndarray:
        """Eight raw outputs."""
        features = _features([(prev, text)])
        return np.array([model.decision_function(features)[0] for model in self.models], np.float32)

    def score(self, prev: str, text: str) -> Scores:
        """Scores of the agent's `text` in the light of `prev`."""
        scores = zip(LABELS, self.calibrations, self.logits(prev, text), strict=True)
        return Scores.of({label: calibration.score(float(logit)) for label, calibration, logit in scores})

    def save(self, path: Path) -> None:
        """Write it down, for its size."""
        path.write_bytes(pickle.dumps(self))


def _line(features: csr_matrix, rows: Sequence[Row], index: int, seed: int) -> SGDClassifier:
    targets = np.array([row.targets[index] if row.targets[index] is not None else 0.5 for row in rows])
    weights = np.array([row.weight for row in rows]) * np.abs(2 * targets - 1)
    model = SGDClassifier(loss="log_loss", alpha=3e-6, max_iter=12, random_state=seed, average=True)
    return model.fit(features, targets > 0.5, sample_weight=weights)


def _features(pairs: Sequence[tuple[str, str]]) -> csr_matrix:
    before, said = [tidy(prev).lower() for prev, _ in pairs], [tidy(text).lower() for _, text in pairs]
    return hstack([_WORDS.transform(said), _PIECES.transform(said), _BEFORE.transform(before)]).tocsr()
