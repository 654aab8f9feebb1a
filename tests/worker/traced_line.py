"""`python -m worker.traced_line FOLDER`: an agent's sound on its way through a hub and a worker, to be watched."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np
from hidden_sound import hiss
from server.floor.conftest import running
from worker.conftest import demo_call, send, working

from voiceassist.core.types import Channel


async def main(folder: Path) -> None:
    """One call: a sound that is looked for, a no that is nudged, and the sound again, on both sides."""
    both = (np.stack([hiss()] * 2, axis=1) * 32_767).astype("<i2")
    async with running(folder) as town, working(town, folder, "worker-1") as worker, town.connect("ada") as page:
        await page.say(type="audio_start", rate=16_000, channels=[channel.value for channel in Channel])
        assert (await page.hear("line"))["state"] == "open"
        await send(page, both)
        talk = asyncio.create_task(send(page, await demo_call(54.9, 66.0)))
        begun = await page.hear("call_started")
        nudge = await page.hear("nudge")
        await talk
        await send(page, both)
        await page.say(type="call_end")
        ended = await page.hear("call_ended")
        assert nudge["call"] == begun["call"] == ended["call"]
        assert await worker.terminate() == 143


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
