"""Pictures of the overlay in every state: `PYTHONPATH=tests python -m overlay.screenshots [FOLDER] [--all]`.

Without --all it takes those that the documentation shows; by default into docs/screenshots.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from needs import ROOT
from overlay.stage import Stage, chromium
from playwright.async_api import Browser

from overlay import scenes

SIZES = {"320": (320, 560, 1), "480": (480, 640, 1), "small": (320, 220, 1), "zoom": (160, 280, 2)}
CHOSEN = (
    *("idle-480-light", "listening-480-dark", "cue-320-dark", "hold-480-light", "nudge-alternative-480-dark"),
    *("nudge-acknowledge-320-dark", "nudge-reason-320-light", "nudge-finish-320-dark"),
    *("nudge-alternative-small-dark", "nudge-alternative-zoom-light", "praise-320-light", "paused-320-dark"),
    *("lost-320-light", "reconnecting-480-light", "history-480-dark", "ended-480-light"),
)


async def picture(browser: Browser, name: str, folder: Path) -> None:
    """Take the picture `state-size-scheme`."""
    state, size, scheme = name.rsplit("-", 2)
    width, height, scale = SIZES[size]
    async with Stage(limited=state == "idle") as stage:
        stage.say(*scenes.STATES.get(state, scenes.talk()))
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.goto(stage.address)
        await stage.joined(page)
        if state == "praise":
            stage.say(scenes.praise())
        if state in {"listening", "whisper", "error", "ended"}:
            stage.say(scenes.STATES[state][-1])
        if state == "history":
            await page.click("#tab-history")
        if state == "help":
            await page.click("#help-open")
        if state == "reconnecting":
            await stage.go()
            await page.wait_for_selector("#halt:not([hidden])")
        await page.wait_for_timeout(100)
        await page.screenshot(path=folder / f"{name}.png")
        await context.close()


async def pictures(names: list[str], folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with chromium() as browser:
        for name in names:
            await picture(browser, name, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "screenshots")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    states = [*scenes.STATES, "reconnecting", "help"]
    every = [f"{state}-{size}-{scheme}" for state in states for size in SIZES for scheme in ("dark", "light")]
    asyncio.run(pictures(options.only or (every if options.all else list(CHOSEN)), options.folder))


if __name__ == "__main__":
    main()
