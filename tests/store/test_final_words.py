"""Words that are still being said are for the agent's own page: none of them is kept."""

from __future__ import annotations

from pathlib import Path

from store.kept import ended, said, started

from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder


def partial(text: str) -> wire.Transcript:
    """The same as `said`, still being said."""
    return said(text).model_copy(update={"final": False})


def test_only_final_words_are_kept(store: Store, path: Path) -> None:
    with Recorder(store) as recorder:
        for message in (started(), partial("mumbled"), said("we can hold it"), partial("hesitated"), ended()):
            assert recorder.take(message)
    assert [utterance.text for utterance in store.call("c").utterances] == ["we can hold it"]
    store.close()
    assert recorder.dropped == 0
    written = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert b"we can hold it" in written
    assert b"mumbled" not in written
    assert b"hesitated" not in written
