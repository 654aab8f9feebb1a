"""Playbooks for tests, and an embedding that is plain to read: a text's vector counts its letters."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from voiceassist import playbooks
from voiceassist.core.playbook import Playbook
from voiceassist.core.types import Samples
from voiceassist.errors import PlaybookError

NOW = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - a Monday, by the clock on the wall
GOOD = """\
playbook: Corner shop
situations:
  late-fee:
    title: Late fee
    asked:
      - can you take the late fee off
      - i was two days late
      - why did you charge me for paying late
    offers: [credit, plan]
offers:
  credit:
    can: credit it this once
    if_said: [first time]
  plan:
    can: spread it over three months
feelings:
  waited-long:
    heard: [on hold for an hour, nobody picks up, i waited all day]
    say: [That is a long wait]
not_promised:
  same-day:
    words: [refund today]
    because: Refunds take three days.
"""


def embed(text: str) -> Samples:
    """Count letters: enough to tell texts of different words apart."""
    counts = Counter(text.lower())
    vector = np.array([counts[letter] for letter in "abcdefghijklmnopqrstuvwxyz"], np.float32)
    return vector / np.float32(max(1e-6, float(np.linalg.norm(vector))))


def load(path: Path | str, now: datetime = NOW) -> Playbook:
    return playbooks.load(path, embed, now=now)


def fault(path: Path) -> str:
    """What is wrong with the file, without its folder."""
    with pytest.raises(PlaybookError) as refused:
        load(path)
    assert refused.value.code == "playbook"
    assert "\n" not in str(refused.value)
    return str(refused.value).replace(f"{path.parent}{os.sep}", "")
