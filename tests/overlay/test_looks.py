"""The overlay in every state, dark and light, small and zoomed: readable, reachable, calm where that is asked for."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from overlay.stage import Stage
from playwright.async_api import Browser, Page, expect

from overlay import scenes

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
SIZES = ((560, 700), (320, 560), (280, 500), (240, 400), (320, 220), (160, 280))
"""The last is a window of 320 by 560 pixels at a zoom of 200 %."""
LAST_LIVE = {"praise", "whisper", "error", "listening", "muted"}
"""States whose last message is not in the snapshot: it is said once the page is there."""


async def show(stage: Stage, page: Page, state: str) -> None:
    events = scenes.STATES[state]
    stage.say(*events)
    await page.goto(stage.address)
    await stage.joined(page)
    if state in LAST_LIVE:
        stage.say(events[-1])
    if state in {"history", "marks"}:
        await page.click("#tab-history")


async def grave(page: Page, state: str) -> dict[str, list[str]]:
    """What axe finds serious or critical in this state, dark and light."""
    found: dict[str, list[str]] = {}
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        results = await Axe().run(page)
        lines = [
            f"{violation['id']}: {[node['html'] for node in violation['nodes']]}"
            for violation in results.response["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
        if lines:
            found[f"{state} {scheme}"] = lines
    return found


@pytest.mark.timeout(240)
async def test_axe_finds_nothing_serious(browser: Browser) -> None:
    context = await browser.new_context(
        viewport={"width": 480, "height": 640},
        reduced_motion="reduce",
        bypass_csp=True,  # axe itself is put into the page
    )
    page = await context.new_page()
    found: dict[str, list[str]] = {}
    for state in scenes.STATES:
        async with Stage(limited=state == "idle") as stage:
            await show(stage, page, state)
            found |= await grave(page, state)
    await context.close()
    assert found == {}


async def test_axe_finds_nothing_serious_around_the_panel(browser: Browser) -> None:
    context = await browser.new_context(reduced_motion="reduce", bypass_csp=True)
    page = await context.new_page()
    async with Stage() as stage:
        stage.say(*scenes.STATES["nudge-alternative"])
        await page.goto(stage.address)
        await page.wait_for_selector("#privacy:not([hidden])")
        found = await grave(page, "before use")
        await stage.joined(page)
        async with context.expect_page() as opened:
            await page.click("#float")
        window = await opened.value
        await window.wait_for_selector("#app")
        found |= await grave(window, "floating") | await grave(page, "elsewhere")
        await window.close()
        await page.wait_for_selector("#place:not([hidden])")
        found |= await grave(page, "closed")
        await page.keyboard.press("k")
        found |= await grave(page, "help")
    await context.close()
    assert found == {}


@pytest.mark.parametrize("size", ["M", "XL"])
@pytest.mark.timeout(240)
async def test_nothing_scrolls_sideways(browser: Browser, size: str) -> None:
    context = await browser.new_context()
    await context.add_init_script(f"localStorage.setItem('voiceassist.type', '{size}')")
    page = await context.new_page()
    wide: dict[str, list[str]] = {}
    for state in scenes.STATES:
        async with Stage(limited=True) as stage:
            await show(stage, page, state)
            for width, height in SIZES:
                await page.set_viewport_size({"width": width, "height": height})
                beyond = await page.evaluate(
                    """() => [document.scrollingElement, ...document.querySelectorAll('.app, .panel')]
                        .filter((node) => node.scrollWidth > node.clientWidth)
                        .map((node) => `${node.id || node.tagName} ${node.scrollWidth} > ${node.clientWidth}`)"""
                )
                if beyond:
                    wide[f"{state} {width} x {height}"] = beyond
    await context.close()
    assert wide == {}


async def test_every_control_is_large_enough_and_named(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 560})
    page = await context.new_page()
    async with Stage() as stage:
        await show(stage, page, "history")
        stage.say(scenes.moment("nudged", "m9"), scenes.praise())
        stage.say(scenes.nudge(id_="n9", suggestions=scenes.OFFERS, stays=scenes.LONG))
        await expect(page.locator("#nudge-text")).not_to_be_empty()
        await page.keyboard.press("s")
        stage.say(scenes.nudge(id_="n9", suggestions=scenes.OFFERS, stays=scenes.LONG))
        await expect(page.locator(".chip")).to_have_count(3)
        for button in await page.locator("button:visible").all():
            box = await button.bounding_box()
            name = await button.get_attribute("aria-label") or await button.text_content()
            assert name, await button.evaluate("node => node.outerHTML")
            assert box is not None
            assert min(box["width"], box["height"]) >= 44, name
    await context.close()


async def test_a_small_floating_window_shows_the_nudge_and_its_buttons(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 320, "height": 220})
    page = await context.new_page()
    async with Stage(limited=True) as stage:
        await show(stage, page, "nudge-alternative")
        for part in ("#status-label", "#nudge-text", "#nudge [aria-label=Dismiss]"):
            await expect(page.locator(part)).to_be_in_viewport(ratio=1)
        await page.locator("#call").scroll_into_view_if_needed()
        await expect(page.locator("#nudge-text")).not_to_be_in_viewport()
        await expect(page.locator("#status-label")).to_be_in_viewport(ratio=1)
        stage.say(scenes.nudge("give_reason", "call-1-n2", stays=scenes.LONG))
        for part in ("#status-label", "#nudge-text", "#nudge [aria-label=Dismiss]"):
            await expect(page.locator(part)).to_be_in_viewport(ratio=1)
    await context.close()


async def test_motion_only_where_it_is_welcome(browser: Browser) -> None:
    moving: dict[str, int] = {}
    for motion in ("reduce", "no-preference"):
        context = await browser.new_context(reduced_motion="reduce" if motion == "reduce" else "no-preference")
        page = await context.new_page()
        async with Stage() as stage:
            await show(stage, page, "nudge-alternative")
            await expect(page.locator("#nudge-text")).not_to_be_empty()
            moving[motion] = await page.evaluate(
                "document.getAnimations().filter((one) => one instanceof CSSAnimation).length"
            )
            easing = await page.locator("#nudge-countdown").first.evaluate(
                "node => node.getAnimations()[0].effect.getTiming().easing"
            )
            assert easing.startswith("steps") == (motion == "reduce")
        await context.close()
    assert moving["reduce"] == 0
    assert moving["no-preference"] > 0


async def test_forced_colours_keep_lit_and_unlit_marks_apart(browser: Browser) -> None:
    context = await browser.new_context(forced_colors="active")
    page = await context.new_page()
    async with Stage() as stage:
        await show(stage, page, "cue")
        width = "node => getComputedStyle(node.querySelector('.mark-sign'), '::before').width"
        lit = await page.locator("#cue [data-lit=true]").first.evaluate(width)
        unlit = await page.locator("#cue [data-lit=false]").first.evaluate(width)
        assert lit != unlit
    await context.close()
