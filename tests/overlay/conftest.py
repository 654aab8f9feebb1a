"""A browser for the whole run, and a stage and page for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from overlay.stage import Stage, chromium
from playwright.async_api import Browser, Page


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser) -> AsyncIterator[Stage]:
    del browser  # where there is none, no server is needed either
    async with Stage() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """The overlay, connected, in a window of 320 by 560 points. A page error fails the test."""
    context = await browser.new_context(viewport={"width": 320, "height": 560})
    opened = await context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    await opened.goto(stage.address)
    await stage.joined(opened)
    yield opened
    await context.close()
    assert errors == []
