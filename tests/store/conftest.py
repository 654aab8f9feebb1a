"""A store in a file of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from voiceassist.store.database import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "calls.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as opened:
        yield opened
