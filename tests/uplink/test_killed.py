"""A program that publishes, killed in mid-call: what it had kept arrives with the next one, once and in order."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from needs import ROOT
from uplink.scripted_hub import STEADY, Fault, Script, ScriptedHub, emptied, publishing, said

from voiceassist.uplink.outbox import Outbox

KILLS = 4
PROGRAM = """
import asyncio, sys
from pathlib import Path
from uplink.scripted_hub import STEADY, Tokens, put, said
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.publisher import Publisher

async def main(folder, address, call):
    outbox = Outbox.open(Path(folder), "outbox")
    hear = lambda _: None
    publisher = Publisher(HubAddress.parse(address), Tokens(), outbox, hear, hear, patience=STEADY)
    publishing = asyncio.create_task(publisher.run())
    for seq in range(1, 1_000_000):
        put(outbox, said(call, seq, f"{call} {seq}"))
        if seq % 10 == 0 and await asyncio.wrap_future(outbox.kept()):
            print(seq, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_program_killed_in_mid_call_loses_nothing_that_it_kept(hub: ScriptedHub, folder: Path) -> None:
    chance, kept = random.Random(7), dict[str, int]()
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    hub.scripts = [Script(every=chance.randint(1, 50)) for _ in range(2)] + [Script(Fault.DROP, 30)]
    for number in range(KILLS):
        call = f"call{number}"
        command = [sys.executable, "-c", PROGRAM, str(folder), hub.address.websocket, call]
        program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environ)
        assert program.stdout is not None
        for _ in range(chance.randint(5, 40)):
            kept[call] = int(await program.stdout.readline())
        program.kill()
        rest, _ = await program.communicate()
        kept[call] = max([kept[call], *map(int, rest.split())])
    outbox = Outbox.open(folder, "outbox")
    assert outbox.trouble is None
    async with publishing(hub, outbox, STEADY):
        await emptied(outbox)
    outbox.close()
    for call, last in kept.items():
        seqs = hub.got.seqs[call]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= last
    assert {key: message["text"] for key, message in hub.got.texts.items()} == {
        (call, n): said(call, n, f"{call} {n}").text for call, seqs in hub.got.seqs.items() for n in seqs
    }
