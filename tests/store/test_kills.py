"""A process of a hub that is killed loses nothing that it said to be durable, and nothing is kept twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from needs import ROOT
from store.kept import sql

from voiceassist.store.database import Store

CALLS, KILLS = 5, 3

# Takes the events of each call from the first that was not said to be durable, until somebody kills it.
WRITER = """
import itertools, sys, threading
from store.kept import mine, moment, said, started
from voiceassist.core.types import MomentState
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

told = threading.Event()

def tell(kept):
    told.set()
    print(*(f"{call}={seq}" for call, seq in kept.items()), flush=True)

recorder = Recorder(Store.open(sys.argv[1]), patient=True, room=500, on_kept=tell)
firsts = [int(first) for first in sys.argv[2:]]
for step in itertools.count():
    for number, first in enumerate(firsts):
        call, seq = f"c{number}", first + step
        [event] = mine(started(call) if seq == 1 else said(f"word {seq}", float(seq)), call=call, first=seq)
        while not recorder.take(event, owner="ann", team="red"):
            told.wait()
            told.clear()
"""


def killed(where: Path | str, firsts: list[int], lines: int) -> dict[str, int]:
    """Kill a writer once it has said something so many times; tells what it said to be durable."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-c", WRITER, str(where), *map(str, firsts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
        assert writer.stdout is not None
        said = "".join(writer.stdout.readline() for _ in range(lines))
        writer.kill()
        said += writer.stdout.read()
    words = said[: said.rfind("\n")].split()  # it may have been killed within a line
    return {call: int(seq) for call, seq in (word.split("=") for word in words)}


def test_a_killed_process_loses_nothing_that_it_told(where: Path | str, database: str) -> None:
    told = {f"c{number}": 0 for number in range(CALLS)}
    for kill in range(KILLS):
        # A machine whose acknowledgement was lost sends again what is known.
        firsts = [max(1, seq - kill) for seq in told.values()]
        told |= killed(where, firsts, lines=2 + kill)
        with Store.open(where) as store:
            for call, seq in told.items():
                known = store.known(call)
                assert known is not None
                assert known[1] >= seq > 0
    with Store.open(where) as store:
        for call in told:
            kept = store.call(call)
            assert [u.text for u in kept.utterances] == [f"word {n}" for n in range(2, len(kept.utterances) + 2)]
            assert (kept.info.owner, kept.info.team) == ("ann", "red")
    if database == "sqlite":
        assert isinstance(where, Path)
        assert sql(where, "PRAGMA integrity_check") == [("ok",)]
