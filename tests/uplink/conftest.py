"""An outbox in a folder of its own, and a hub that does what a test tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from uplink.scripted_hub import ScriptedHub

from voiceassist.uplink.outbox import Outbox


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.fixture
def outbox(folder: Path) -> Iterator[Outbox]:
    opened = Outbox.open(folder, "outbox")
    yield opened
    opened.close()


@pytest.fixture(name="hub")
async def scripted_hub() -> AsyncIterator[ScriptedHub]:
    async with ScriptedHub() as hub:
        yield hub
