"""The page that a hub serves to an agent, in a real browser with a microphone that plays a file."""

from __future__ import annotations

import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import soxr
from needs import needs
from overlay.stage import CHROMIUM
from playwright.async_api import Page, async_playwright, expect
from server.floor.conftest import Town
from worker.conftest import demo_call, working

from voiceassist.accounts.visitor import CONSOLE

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="processes are told to end by POSIX signals here"),
    pytest.mark.timeout(180),
]


async def no_said_over_and_over(folder: Path) -> Path:
    """The agent's no of the demo call with silence after it, which the browser plays again and again."""
    sound = (await demo_call(57.3, 60.3))[:, 0].astype(np.float32) / 32768
    sound = np.concatenate([sound, np.random.default_rng(3).normal(0, 0.001, 6 * 16_000).astype(np.float32)])
    path = folder / "no.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes((soxr.resample(sound, 16_000, 48_000) * 32767).astype("<i2").tobytes())
    return path


@asynccontextmanager
async def agents_page(town: Town, *flags: str, may: bool = True) -> AsyncIterator[Page]:
    """A browser in which ada follows a link to the hub."""
    path = needs("chromium", "chromium")
    fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", *flags)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, headless=True, args=[*CHROMIUM, *(fake if may else ())]
        )
        try:
            context = await browser.new_context(viewport={"width": 480, "height": 700})
            page = await context.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
            token = town.hub.house.office.link(CONSOLE, "ada").token
            await page.goto(f"{town.url}/#t={token}")
            await page.click("#stranger-overlay")
            await page.click("#privacy-understood")
            yield page
            assert errors == []
        finally:
            await browser.close()


async def test_an_agent_takes_calls_in_the_browser(town: Town, tmp_path: Path):
    sound = await no_said_over_and_over(tmp_path)
    async with (
        working(town, tmp_path, "worker-1"),
        agents_page(town, f"--use-file-for-fake-audio-capture={sound}") as page,
        town.connect("sam") as board,
    ):
        await expect(page.locator("#status-label")).to_have_text("Not heard")
        await expect(page.locator("#call")).to_be_disabled()
        await page.click("#microphone-use")
        await expect(page.locator("#status-label")).to_have_text("Listening", timeout=20_000)  # a call began by itself
        await expect(page.locator("#level")).to_be_visible()
        await expect(page.locator("#microphone")).to_be_hidden()
        await board.card("ada", state="on")
        await expect(page.locator("#nudge-text")).not_to_be_empty(timeout=30_000)
        await page.click("#pause")
        await expect(page.locator("#status-label")).to_have_text("Paused")
        await board.card("ada", state="paused")
        await page.reload()
        await page.click("#microphone-use")
        await expect(page.locator("#call")).to_have_text("End call")  # the call went on
        await page.click("#call")
        await expect(page.locator("#summary-panel")).to_be_visible(timeout=20_000)
        await expect(page.locator("#call")).to_have_text("Start call")


async def test_the_page_says_kindly_what_is_missing(town: Town):
    async with agents_page(town) as page:
        await page.click("#microphone-use")
        await expect(page.locator("#status-label")).to_have_text("Not heard yet")
        await expect(page.locator("#halt")).to_contain_text("No recogniser is at work")
        async with town.connect("ada") as newer:
            await newer.say(type="audio_start")
            await expect(page.locator("#microphone-title")).to_have_text("Another page hears you now")
            await page.click("#microphone-use")
            assert (await newer.hear("line"))["state"] == "waiting"
            assert (await newer.hear("line"))["state"] == "taken"
        await expect(page.locator("#status-label")).to_have_text("Not heard yet")


async def test_a_microphone_that_is_not_allowed_is_asked_for_again(town: Town):
    async with agents_page(town, may=False) as page:
        await page.click("#microphone-use")
        await expect(page.locator("#microphone-use")).to_have_text("Try again")
        await expect(page.locator("#status-label")).to_have_text("Not heard")
