"""A browser without a window that shows the overlay, so that what is painted can be timed."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from voiceassist.errors import UsageError

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
_WAIT = 30_000
"""Milliseconds that a page may take."""


def browser() -> str | None:
    """The path of a browser that can be driven, None where there is none."""
    found = (shutil.which(name) for name in _NAMES)
    return next((path for path in found if path), None) if find_spec("playwright") else None


@asynccontextmanager
async def showing(address: str) -> AsyncGenerator[None]:
    """Show the overlay meanwhile. Raises UsageError (`browser-missing`, `browser-failed`)."""
    path = browser()
    if path is None:
        raise UsageError(
            "no Chromium, or no playwright to drive it with, is here: install both (pip install 'voiceassist[bench]'), "
            "or measure to a client: --to client",
            code="browser-missing",
        )
    from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - an extra

    async with async_playwright() as playwright:
        try:
            chromium = await playwright.chromium.launch(executable_path=path, args=[*_FLAGS])
            page = await chromium.new_page(viewport={"width": 480, "height": 640})
            await page.goto(address, timeout=_WAIT)
            await page.wait_for_selector("#app[data-link=open]", timeout=_WAIT)
            if await page.locator("#privacy").is_visible():
                await page.click("#privacy-understood")
        except Error as error:
            first = str(error).partition("\n")[0]
            raise UsageError(
                f"{path} does not show the overlay: {first}; try --to client", code="browser-failed"
            ) from None
        try:
            yield
        finally:
            await chromium.close()
