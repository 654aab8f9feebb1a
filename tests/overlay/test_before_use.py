"""What must never be missed: what is heard and kept, before first use, and a page to which nothing comes any more."""

from __future__ import annotations

import pytest
from overlay.stage import Stage
from playwright.async_api import Browser, Page, expect

from overlay import scenes
from voiceassist.server import messages as wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS = "Only your side is heard <b>in calls</b>; nothing is kept."


async def test_before_first_use_it_says_what_is_heard_kept_and_seen(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(stage.address)
    card = page.locator("#privacy")
    await expect(card).to_contain_text("the sound is never kept")
    await expect(card.get_by_role("button")).to_have_count(1)
    await expect(page.locator("#status-label")).to_be_visible()
    for behind in ("#stage", "#words-panel", "#call"):
        await expect(page.locator(behind)).to_be_hidden()

    stage.say(*scenes.nudged())  # nobody can see it
    await expect(page.locator("#nudge")).to_have_attribute("data-kind", "offer_alternative")
    await card.get_by_role("button").press("Enter")
    await expect(card).to_be_hidden()
    await expect(page.locator("#nudge-text")).to_be_visible()
    stage.say(scenes.nudge(id_="call-1-n2", stays=scenes.LONG))
    assert await stage.asked() == wire.Painted(id="call-1-n2")

    await page.reload()
    await expect(page.locator("#app")).to_have_attribute("data-link", "open")
    await expect(page.locator("#nudge-text")).to_be_visible()
    await expect(card).to_be_hidden()
    await context.close()


async def test_another_version_and_another_sentence_are_told_again(stage: Stage, page: Page) -> None:
    card = page.locator("#privacy")
    await stage.go()
    await stage.come_back(version="2")
    await expect(card).to_contain_text("the sound is never kept")
    await page.click("#privacy-understood")
    await stage.go()
    await stage.come_back(privacy=OURS)
    await expect(page.locator("#privacy-sentence")).to_have_text(OURS)
    await page.click("#privacy-understood")
    await page.reload()
    await expect(page.locator("#app")).to_have_attribute("data-link", "open")
    await expect(page.locator("#words-empty")).to_be_visible()
    await expect(card).to_be_hidden()


async def test_when_nothing_comes_any_more_the_page_says_so(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.clock.install()
    await page.goto(stage.address)
    await stage.joined(page)
    stage.say(*scenes.talk())
    await expect(page.locator("#status-label")).to_have_text("Listening")
    await page.clock.fast_forward(70_000)
    await expect(page.locator("#status-label")).to_have_text("No news")
    await expect(page.locator("#halt")).to_contain_text("words are being missed")
    await expect(page.locator("#app")).to_have_attribute("data-tone", "warn")
    await expect(page).to_have_title("▲ No news · voiceassist")
    stage.say(scenes.said("agent", 90.0, "Here I am again."))
    await expect(page.locator("#status-label")).to_have_text("Listening")
    await expect(page).to_have_title("Listening · voiceassist")
    await context.close()


@pytest.mark.parametrize("state", ["silent", "lost", "paused", "lagging"])
async def test_not_listening_changes_shape_words_and_colour(stage: Stage, page: Page, state: str) -> None:
    look = """() => [document.querySelector('#status-icon use').getAttribute('href'),
        document.querySelector('#status-label').textContent, document.title,
        getComputedStyle(document.querySelector('#status-icon')).backgroundColor,
        getComputedStyle(document.querySelector('#status-icon')).borderRadius]"""
    stage.say(*scenes.talk())
    await expect(page.locator("#app")).to_have_attribute("data-tone", "calm")
    well = await page.evaluate(look)
    stage.say(scenes.audio(state, 13.0))
    await expect(page.locator("#app")).not_to_have_attribute("data-tone", "calm")
    other = await page.evaluate(look)
    assert [one for one, two in zip(well, other, strict=True) if one == two] == []
