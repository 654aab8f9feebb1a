"""Pictures of the overlay in every state, of the call review, of the supervisor's board, and of kept calls.

`PYTHONPATH=tests python -m overlay.screenshots [FOLDER] [--all]`.
Without --all it takes those that the documentation shows; by default into docs/screenshots.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from needs import ROOT
from overlay.stage import Stage, chromium
from playwright.async_api import Browser, Page

from overlay import boards, kept_calls, reviews, scenes

SIZES = {
    "320": (320, 560, 1),
    "480": (480, 640, 1),
    "small": (320, 220, 1),
    "zoom": (160, 280, 2),
    "large": (320, 560, 1),
    "wide": (1200, 900, 1),
}
"""Width, height, pixels a point; `large` is the largest type, `wide` the review's window."""
LIVE = ("praise", "listening", "whisper", "error", "muted", "ended")
"""States whose last message is not in the snapshot, or opens a panel."""
KEYS = {"why": "?2", "snoozed": "s", "help": "k"}
OFFERED = ("floating", "why", "snoozed")
CHOSEN = (
    *("privacy-320-light", "listening-480-dark", "cue-320-dark", "hold-480-light", "nudge-alternative-480-dark"),
    *("floating-320-dark", "nudge-reason-320-light", "nudge-finish-320-dark", "why-320-light"),
    *("nudge-alternative-small-dark", "nudge-alternative-zoom-light", "praise-320-light", "paused-320-dark"),
    *("closed-320-light", "marks-480-dark", "ended-480-light", "review-wide-light"),
    *boards.CHOSEN,
    *kept_calls.CHOSEN,
)


async def picture(browser: Browser, name: str, folder: Path) -> None:
    """Take the picture `state-size-scheme`."""
    state, size, scheme = name.rsplit("-", 2)
    width, height, scale = SIZES[size]
    async with Stage(limited=state == "idle") as stage:
        posed = "nudge-alternative" if state in OFFERED else state
        stage.say(*scenes.STATES.get(posed, scenes.talk()))
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        if size == "large":
            await context.add_init_script("localStorage.setItem('voiceassist.type', 'XL')")
        page = await context.new_page()
        if state == "stale":
            await page.clock.install()
        await page.goto(stage.address)
        await page.wait_for_selector("#privacy:not([hidden])")
        if state != "privacy":
            await stage.joined(page)
        page = await pose(state, page, stage)
        await page.set_viewport_size({"width": width, "height": height})
        await page.mouse.move(0, 0)
        await page.wait_for_timeout(100)
        await page.screenshot(path=folder / f"{name}.png")
        await context.close()


async def review_picture(browser: Browser, name: str, folder: Path) -> None:
    """Take the picture `review-size-scheme` of a call with everything in it."""
    _, size, scheme = name.rsplit("-", 2)
    width, height, scale = SIZES[size]
    with tempfile.TemporaryDirectory() as written:
        page = await browser.new_page(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        await page.goto(reviews.write(Path(written), reviews.full()).as_uri())
        await page.screenshot(path=folder / f"{name}.png")
        await page.close()


async def pose(state: str, page: Page, stage: Stage) -> Page:
    """Do what leads to `state`; the page that then holds the panel."""
    if state in LIVE:
        stage.say(scenes.STATES[state][-1])
    for key in KEYS.get(state, ""):
        await page.keyboard.press(key)
    match state:
        case "history" | "marks":
            await page.click("#tab-history")
        case "reconnecting":
            await stage.go()
            await page.wait_for_selector("#halt:not([hidden])")
        case "stale":
            await page.clock.fast_forward(70_000)
        case "floating" | "closed":
            return await float_panel(page, close=state == "closed")
        case _:
            pass
    return page


async def float_panel(page: Page, *, close: bool) -> Page:
    """Float the panel, and close its window again if asked; the page that then holds it."""
    async with page.context.expect_page() as opened:
        await page.click("#float")
    window = await opened.value
    await window.wait_for_selector("#app")
    if close:
        await window.close()
        await page.wait_for_selector("#place:not([hidden])")
        return page
    return window


def taker(name: str) -> Callable[[Browser, str, Path], Awaitable[None]]:
    """Who takes the picture of this name."""
    if name.startswith("board-"):
        return boards.picture
    if name.startswith("records-"):
        return kept_calls.picture
    return review_picture if name.startswith("review-") else picture


async def pictures(names: list[str], folder: Path) -> None:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with chromium() as browser:
        for name in names:
            await taker(name)(browser, name, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs" / "screenshots")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", nargs="*")
    options = parser.parse_args()
    states = [*scenes.STATES, *OFFERED, "closed", "privacy", "stale", "reconnecting", "help"]
    every = [
        f"{state}-{size}-{scheme}"
        for state in (*states, "review")
        for size in SIZES
        for scheme in ("dark", "light")
        if (size == "wide") == (state == "review")
    ]
    every += [
        f"board-{state}-{width}-{scheme}"
        for state in boards.STATES
        for width in boards.HEIGHTS
        for scheme in ("dark", "light")
    ]
    every += [
        f"records-{state}-{width}-{scheme}"
        for state in kept_calls.STATES
        for width in kept_calls.HEIGHTS
        for scheme in ("dark", "light")
    ]
    asyncio.run(pictures(options.only or (every if options.all else list(CHOSEN)), options.folder))


if __name__ == "__main__":
    main()
