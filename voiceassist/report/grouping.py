"""Texts of one matter put together: by the mean cosine of all pairs (average linkage), always the same way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from voiceassist.core.types import Samples

ALIKE = 0.4
"""Mean cosine from which two groups are one matter: models/playbooks/group.py shows what it keeps apart."""
MOST = 3000
"""So many of the heaviest texts are compared pair by pair; each of the others joins a group, or stands alone."""
_GONE = -9.0

_Floats = npt.NDArray[np.float64]


def group(vectors: Samples, weights: Sequence[int], *, alike: float = ALIKE) -> list[list[int]]:
    """The places of the texts by group: the heaviest group first, in it the heaviest text.

    `vectors` are unit rows (texts, width), zeros where nothing is known; `weights` tells how often each was said.
    """
    order = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
    first = order[:MOST]
    rows: _Floats = vectors[first].astype(np.float64)
    sizes = np.array([weights[place] for place in first], np.float64)
    groups = [[first[one] for one in found] for found in _merged(rows @ rows.T, sizes, alike)]
    _join(groups, order[MOST:], vectors, weights, alike)
    for found in groups:
        found.sort(key=lambda place: (-weights[place], place))
    return sorted(groups, key=lambda found: (-sum(weights[place] for place in found), found[0]))


def central(vectors: Samples, weights: Sequence[int], places: Sequence[int]) -> list[int]:
    """The places of a group, the one that is nearest to all others first."""
    rows = vectors[[*places]].astype(np.float64)
    middle = rows.T @ np.array([weights[place] for place in places], np.float64)
    return [places[one] for one in np.argsort(-(rows @ middle), kind="stable")]


def _merged(near: _Floats, sizes: _Floats, alike: float) -> list[list[int]]:
    """The groups of rows that are left when no two are alike any more; the nearest two become one, again and again.

    `near` is the cosine of each pair, `sizes` how much each row counts; both are changed. Of each row the nearest other
    one is remembered, so that a step looks at few of them.
    """
    groups = [[place] for place in range(len(sizes))]
    if len(groups) < 2:  # noqa: PLR2004 - nothing to compare
        return groups
    np.fill_diagonal(near, _GONE)
    nearest = near.argmax(axis=1)
    best = near.max(axis=1)
    alive = np.ones(len(sizes), np.bool_)
    while best[one := int(best.argmax())] >= alike:
        one, other = sorted((one, int(nearest[one])))
        groups[one] += groups[other]
        groups[other] = []
        # The mean over the pairs of both is the mean of their means, by size.
        row = (sizes[one] * near[one] + sizes[other] * near[other]) / (sizes[one] + sizes[other])
        sizes[one] += sizes[other]
        alive[other] = False
        row[one] = _GONE
        row[~alive] = _GONE
        near[one], near[:, one] = row, row
        near[other], near[:, other] = _GONE, _GONE
        best[other] = _GONE
        stale = np.flatnonzero(alive & ((nearest == one) | (nearest == other)))
        for place in {one, *stale.tolist()}:
            nearest[place] = near[place].argmax()
            best[place] = near[place, nearest[place]]
        closer = row > best
        nearest[closer], best[closer] = one, row[closer]
    return [found for found in groups if found]


def _join(
    groups: list[list[int]], places: Sequence[int], vectors: Samples, weights: Sequence[int], alike: float
) -> None:
    """Put each text into the group it is nearest to, or into one of its own; the groups do not move meanwhile."""
    if not places:
        return
    middles = np.stack([np.average(vectors[found], axis=0, weights=[weights[p] for p in found]) for found in groups])
    for place in places:
        near = middles @ vectors[place]
        best = int(near.argmax())
        if near[best] >= alike:
            groups[best].append(place)
        else:
            groups.append([place])
