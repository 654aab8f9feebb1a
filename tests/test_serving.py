"""The hub as a process: what it changes of Python itself, and puts back."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from voiceassist import serving
from voiceassist.errors import ServerError
from voiceassist.settings import load


def test_garbage_is_looked_for_seldom_while_it_serves():
    before = gc.get_threshold()
    with serving.seldom_collecting():
        assert gc.get_threshold()[2] > 10 * before[2]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


async def test_a_hub_that_has_names_is_at_its_port_or_nowhere_and_others_move(tmp_path: Path):
    store = str(tmp_path / "hub.sqlite3")
    async with serving.serve(load({}, {"serve.port": 0, "store.path": store})) as hub:
        taken: dict[str, object] = {"serve.port": hub.server.port, "store.path": store}
        named = load({}, taken | {"serve.names": ["hub.example"]})
        with pytest.raises(ServerError, match=f"port {hub.server.port} is taken"):
            async with serving.serve(named):
                pass
        async with serving.serve(load({}, taken)) as local, serving.serve(named, sampling=True) as sample:
            assert (local.server.moved, sample.server.moved) == (True, True)
