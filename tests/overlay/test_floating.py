"""The panel in a window of its own: it moves there and back, lives there, and says when that window is gone."""

from __future__ import annotations

import re

import pytest
from overlay.stage import Stage
from playwright.async_api import Browser, BrowserContext, Page, expect

from overlay import scenes
from voiceassist.server import messages as wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

NO_PICTURE_IN_PICTURE = "Object.defineProperty(window, 'documentPictureInPicture', { value: undefined })"
NO_POP_UPS = "window.open = () => null"
NO_STORAGE = (
    "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('blocked', 'SecurityError') } })"
)
WAYS = {"picture-in-picture": "", "pop-up": NO_PICTURE_IN_PICTURE}
NUDGE = "#nudge-text"


async def opened(stage: Stage, context: BrowserContext, *scripts: str) -> Page:
    for script in scripts:
        await context.add_init_script(script)
    page = await context.new_page()
    await page.goto(stage.address)
    await stage.joined(page)
    return page


async def floated(page: Page, way: str = "click") -> Page:
    """Float the panel; the window that it is in."""
    async with page.context.expect_page() as found:
        if way == "key":
            await page.keyboard.press("f")
        else:
            await page.click("#float")
    window = await found.value
    await window.wait_for_selector("#app")
    return window


@pytest.mark.parametrize("way", WAYS)
async def test_the_panel_moves_and_lives_in_its_window(browser: Browser, stage: Stage, way: str) -> None:
    context = await browser.new_context()
    page = await opened(stage, context, WAYS[way])
    stage.say(*scenes.refused())
    await expect(page.locator("#cue .mark")).to_have_count(4)
    colour = await page.locator("body").evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    window = await floated(page)
    await expect(page.locator("#app")).to_have_count(0)
    await expect(page.locator("#elsewhere")).to_contain_text("floats in a window of its own")
    await expect(window.locator("#float")).to_be_focused()
    assert (
        await window.locator("body").evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
        == colour
    )

    # As a page that is not seen: its timers and frames stand still.
    await page.evaluate("() => { window.setTimeout = () => 0; window.requestAnimationFrame = () => 0; }")
    stage.say(scenes.nudge(suggestions=scenes.OFFERS, stays=scenes.LONG))
    await expect(window.locator(NUDGE)).to_have_text("Say what you can do instead")
    assert await stage.asked() == wire.Painted(id="call-1-n1")
    sign = await window.locator("#nudge-icon use").evaluate("node => node.getAttribute('href')")
    assert await window.locator(f"[id='{sign[1:]}']").evaluate("node => node.childElementCount") > 0
    await window.keyboard.press("1")
    await expect(window.locator(".chip[aria-pressed=true]")).to_have_count(1)
    await window.keyboard.press("h")
    assert await stage.asked() == wire.Feedback(id="call-1-n1", helpful=True)
    stage.say(scenes.nudge(id_="call-1-n2", stays=0.4))
    await expect(window.locator(NUDGE)).to_be_empty(timeout=10_000)
    await context.close()


@pytest.mark.parametrize("way", WAYS)
async def test_it_is_brought_back(browser: Browser, stage: Stage, way: str) -> None:
    context = await browser.new_context()
    page = await opened(stage, context, WAYS[way])
    stage.say(*scenes.nudged())
    window = await floated(page, "key")
    async with window.expect_event("close"):
        await page.click("#bring-back")
    await expect(page.locator(NUDGE)).to_be_visible()
    await expect(page.locator("#elsewhere")).to_be_hidden()
    await expect(page.locator("#place")).to_be_hidden()
    await expect(page.locator("#float")).to_be_focused()
    left = await page.locator("#nudge-countdown").evaluate("node => node.getAnimations().length")
    assert left == 1

    window = await floated(page)
    async with window.expect_event("close"):
        await window.evaluate("() => setTimeout(() => document.getElementById('float').click())")
    await expect(page.locator(NUDGE)).to_be_visible()
    await context.close()


@pytest.mark.parametrize("way", WAYS)
async def test_a_window_that_closes_is_missed(browser: Browser, stage: Stage, way: str) -> None:
    context = await browser.new_context()
    page = await opened(stage, context, WAYS[way])
    stage.say(*scenes.talk())
    window = await floated(page)
    await window.close()
    await expect(page.locator("#place")).to_contain_text("The floating window is closed")
    await expect(page).to_have_title("Window closed · Listening · voiceassist")
    await expect(page.locator("#status-label")).to_be_visible()
    stage.say(scenes.moment(), scenes.nudge(stays=0.4))
    assert await stage.asked() == wire.Painted(id="call-1-n1")
    await expect(page.locator(NUDGE)).to_be_empty(timeout=10_000)
    async with context.expect_page() as found:
        await page.get_by_role("button", name="Float again").click()
    await (await found.value).wait_for_selector("#app")
    await expect(page).to_have_title("Listening · voiceassist")
    await context.close()


async def test_where_no_window_opens_the_page_says_why(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await opened(stage, context, NO_PICTURE_IN_PICTURE, NO_POP_UPS)
    await page.click("#float")
    await expect(page.locator("#place")).to_contain_text("allow it pop-ups")
    await expect(page.locator("#float")).to_have_attribute("title", re.compile("opens no window for this page"))
    await expect(page.locator("#elsewhere")).to_be_hidden()
    await page.locator("#place").get_by_role("button", name="Close this notice").click()
    await expect(page.locator("#place")).to_be_hidden()
    await context.close()


async def test_a_lost_connection_is_seen_in_the_window_and_in_the_title(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await opened(stage, context)
    stage.say(*scenes.talk())
    window = await floated(page)
    await expect(window.locator("#app")).to_have_attribute("data-tone", "calm")
    await stage.go()
    await expect(window.locator("#status")).to_contain_text("Not connected")
    await expect(window.locator("#halt")).to_contain_text("No nudge can reach you")
    await expect(window.locator("#app")).to_have_attribute("data-tone", "bad")
    for one in (page, window):
        await expect(one).to_have_title("✕ Not connected · voiceassist")
    await page.evaluate("() => { window.setTimeout = () => 0; }")
    await stage.come_back()
    await stage.joined(window)
    await expect(window.locator("#status-label")).to_have_text("Listening")
    await context.close()


async def test_a_window_never_outlives_its_page_or_its_session(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await opened(stage, context, NO_PICTURE_IN_PICTURE)
    window = await floated(page)
    async with window.expect_event("close"):
        await page.reload()
    await stage.joined(page)
    window = await floated(page)
    await context.clear_cookies()
    async with window.expect_event("close"):
        await stage.go()
        await stage.come_back()
    await expect(page.locator("#explain")).to_be_visible()
    await expect(page.locator("#app")).to_be_hidden()
    await context.close()


# --- remembered -------------------------------------------------------------------------------------------------------


async def test_the_place_and_size_of_a_window_are_remembered(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    record = "const open = window.open; window.open = (...how) => (window.how = how[2], open(...how))"
    page = await opened(stage, context, NO_PICTURE_IN_PICTURE, record)
    window = await floated(page)
    assert "width=340,height=420" in await page.evaluate("window.how")
    await window.set_viewport_size({"width": 411, "height": 333})
    await expect(window.locator("#app")).to_be_visible()
    async with window.expect_event("close"):
        await page.click("#bring-back")
    await page.reload()
    await stage.joined(page)
    await floated(page)
    how = await page.evaluate("window.how")
    assert how.startswith("popup,width=411,height=333,left=")
    await context.close()


async def test_a_spoiled_memory_of_a_window_is_passed_over(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    record = "const open = window.open; window.open = (...how) => (window.how = how[2], open(...how))"
    spoil = "localStorage.setItem('voiceassist.frame', '3 -1 <b> NaN'); localStorage.setItem('voiceassist.type', 'XXL')"
    page = await opened(stage, context, NO_PICTURE_IN_PICTURE, record, spoil)
    await floated(page)
    assert await page.evaluate("window.how") == "popup,width=340,height=420"
    assert await page.evaluate("document.documentElement.dataset.type") == "M"
    await context.close()


async def test_the_type_size_is_chosen_once_for_every_window(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await opened(stage, context)
    size = "() => parseFloat(getComputedStyle(document.querySelector('#status-label')).fontSize)"
    usual = await page.evaluate(size)
    await page.keyboard.press("k")
    await page.get_by_label("XL", exact=True).check()
    assert await page.evaluate(size) > usual * 1.3
    await page.reload()
    await stage.joined(page)
    assert await page.evaluate(size) > usual * 1.3
    window = await floated(page)
    assert await window.evaluate(size) > usual * 1.3
    await window.keyboard.press("k")
    await window.get_by_label("S", exact=True).check()
    assert await window.evaluate(size) < usual
    await context.close()


async def test_where_nothing_can_be_remembered_everything_works_without(browser: Browser, stage: Stage) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.add_init_script(NO_STORAGE)
    await page.goto(stage.address)
    await expect(page.locator("#privacy")).to_be_visible()
    await stage.joined(page)
    await expect(page.locator("#privacy")).to_be_hidden()
    await page.keyboard.press("k")
    await page.get_by_label("L", exact=True).check()
    await page.get_by_label("Turn single keys off").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    assert stage.commands.empty()
    assert await page.evaluate("document.documentElement.dataset.type") == "L"
    window = await floated(page)
    async with window.expect_event("close"):
        await page.click("#bring-back")
    await page.reload()
    await expect(page.locator("#privacy")).to_be_visible()
    assert await page.evaluate("document.documentElement.dataset.type") == "M"
    assert errors == []
    await context.close()
