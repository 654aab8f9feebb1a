"""How near somebody's words are to groups of examples: by what they mean (vectors) and by the words they share."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from voiceassist.core.customer import spoken
from voiceassist.core.types import Samples

Embed: TypeAlias = Callable[[str], Samples]
"""Turns a text into a unit vector, float32 (width,)."""
Places: TypeAlias = npt.NDArray[np.intp]

# Of one group the two nearest examples count: one alone may be near by chance, the mean of all blurs what they share.
WORDS = 0.15
"""What the group that shares the most telling words gains over its nearness by meaning."""
_SATURATION, _LENGTH = 1.5, 0.75
"""BM25: how soon a repeated word counts no more, and how much a long group is held back."""
_FAR = -2.0


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """Examples in groups, ready to be compared with. Rows of one group stand together."""

    vectors: Samples
    """Unit rows, (examples, width)."""
    starts: Places
    """The first row of each group."""
    words: Mapping[str, tuple[Places, Samples]]
    """For each word the groups that hold it, and what it adds to them."""

    @classmethod
    def of(cls, groups: Sequence[Sequence[str]], words: Sequence[Sequence[str]], embed: Embed) -> Index:
        """Groups (none empty) whose texts are compared by meaning, and the texts whose words count for each of them."""
        rows = [embed(text) for group in groups for text in group]
        sizes = [len(group) for group in groups]
        starts = np.cumsum([0, *sizes[:-1]], dtype=np.intp) if sizes else np.zeros(0, np.intp)
        vectors = np.stack(rows).astype(np.float32) if rows else np.zeros((0, 1), np.float32)
        return cls(vectors, starts, _weights([spoken(" ".join(texts)).split() for texts in words]))

    def meaning(self, vector: Samples) -> Samples:
        """The mean cosine of each group's two nearest examples to a unit vector (width,); 0 where it is unknown."""
        groups = len(self.starts)
        if not groups or vector.shape != self.vectors.shape[1:]:
            return np.zeros(groups, np.float32)
        # BLAS would wake its threads for this, and wait for them up to 8 ms where the machine is busy.
        near: Samples = np.einsum("ij,j->i", self.vectors, vector)
        first: Samples = np.maximum.reduceat(near, self.starts)
        sizes = np.diff(self.starts, append=len(near))
        near[near == np.repeat(first, sizes)] = _FAR
        second: Samples = np.maximum.reduceat(near, self.starts)
        second[second == _FAR] = first[second == _FAR]
        return (first + second) * np.float32(0.5)

    def shared(self, text: str) -> Samples:
        """What the words that each group shares with the text weigh (BM25), float32 (groups,)."""
        weights = np.zeros(len(self.starts), np.float32)
        for word in dict.fromkeys(spoken(text).split()):
            if (found := self.words.get(word)) is not None:
                groups, adds = found
                weights[groups] += adds
        return weights

    def nearness(self, vector: Samples, text: str) -> Samples:
        """Both together, float32 (groups,)."""
        shared = self.shared(text)
        best = shared.max(initial=np.float32(1e-6))
        return self.meaning(vector) + shared / best * np.float32(WORDS)


def _weights(groups: Sequence[Sequence[str]]) -> dict[str, tuple[Places, Samples]]:
    """What each word adds to each group that holds it."""
    counts = [Counter(group) for group in groups]
    usual = sum(map(len, groups)) / max(1, len(groups))
    holders: dict[str, list[int]] = {}
    for place, count in enumerate(counts):
        for word in count:
            holders.setdefault(word, []).append(place)
    weights: dict[str, tuple[Places, Samples]] = {}
    for word, places in holders.items():
        rarity = math.log(1 + (len(groups) - len(places) + 0.5) / (len(places) + 0.5))
        often = np.array([counts[place][word] for place in places], np.float32)
        lengths = np.array([len(groups[place]) for place in places], np.float32)
        damping = _SATURATION * (1 - _LENGTH + _LENGTH * lengths / usual)
        adds = rarity * often * (_SATURATION + 1) / (often + damping)
        weights[word] = (np.array(places, np.intp), adds.astype(np.float32))
    return weights


NOTHING = Index(np.zeros((0, 1), np.float32), np.zeros(0, np.intp), {})
