"""The engineers' page: the figures of a running program, as they change, for those who are let in."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from voiceassist.metrics import Count, Metrics, Stage
from voiceassist.overlay import Overlay
from voiceassist.server import messages as wire
from voiceassist.settings import ServerSettings

pytestmark = pytest.mark.asyncio(loop_scope="session")

HELLO = wire.Hello(transcriber="x", limited=False, version="1")


@pytest.mark.parametrize("width", [360, 1100])
async def test_stages_and_counts_are_shown_and_follow(browser: Browser, width: int) -> None:
    metrics = Metrics()
    for _ in range(100):
        metrics.observe(Stage.DECODE, 0.04)
    async with Overlay(HELLO, ServerSettings(port=0), metrics=metrics) as overlay:  # type: ignore[call-arg]
        page = await browser.new_page(viewport={"width": width, "height": 700})
        await page.goto(f"{overlay.server.url}/engineers.html")
        await expect(page.locator("#state")).to_contain_text("open the overlay in this browser first")
        await page.goto(overlay.address)
        await page.wait_for_selector("#app[data-link=open]")
        await page.goto(f"{overlay.server.url}/engineers.html")
        decode = page.locator("#stages tr", has_text="decode")
        await expect(decode).to_contain_text("100")
        # All hundred lie in the bucket from 25 to 50 ms.
        assert await decode.locator("td").all_inner_texts() == ["100", "38", "49", "50", "words were recognised"]
        await expect(page.locator("#stages tr", has_text="paint")).to_contain_text("–")
        metrics.observe(Stage.DECODE, 9.0)
        metrics.count(Count.GUESSES, 1_234)
        await expect(decode).to_contain_text("101")
        await expect(page.locator("#counts tr", has_text="at a first silence")).to_contain_text("1,234")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = await Axe().run(page)
        assert found.response["violations"] == []
        await page.close()


async def test_a_program_that_is_gone_is_said_to_be(browser: Browser) -> None:
    async with Overlay(HELLO, ServerSettings(port=0)) as overlay:  # type: ignore[call-arg]
        page = await browser.new_page()
        await page.goto(overlay.address)
        await page.wait_for_selector("#app[data-link=open]")
        await page.goto(f"{overlay.server.url}/engineers.html")
        await expect(page.locator("#state")).to_contain_text("As of now")
    await expect(page.locator("#state")).to_contain_text("does not answer")
    await page.close()
