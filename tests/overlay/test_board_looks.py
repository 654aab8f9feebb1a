"""The board in its states, dark and light, wide and narrow: readable, reachable, and calm where that is asked for."""

from __future__ import annotations

import pytest
from overlay.floor_stage import HELLO, FloorStage
from overlay.test_looks import grave
from playwright.async_api import Browser, Page, expect

from overlay import floors

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDTHS = (360, 390, 560, 830, 1100, 1280, 1920, 2560)
STATES = (
    "wall",
    "alerts",
    "call",
    "settings",
    "trend",
    "invite",
    "help",
    "snooze",
    "assign",
    "menu",
    "login",
    "invited",
    "lost",
)


async def show(stage: FloorStage, page: Page, state: str) -> None:  # noqa: C901 - a table, one row a state
    """Bring the page into this state."""
    floors.set_floor(stage, 14, 2)
    floors.handled(stage)
    stage.trend = floors.trend()
    stage.oidc = True
    for raised in stage.alerts.values():
        if raised.call is not None:
            stage.snapshots[raised.call] = floors.snapshot(int(raised.call.removeprefix("call-")))
    if state in {"login", "invited"}:
        await page.goto(stage.board + ("#i=once" if state == "invited" else ""))
        await expect(page.locator("#door")).to_be_visible()
        return
    await page.goto(stage.address)
    await stage.joined(page)
    await expect(page.locator("#alerts-open .alert")).to_have_count(3)
    match state:
        case "call":
            await page.locator(".card[data-level=low] .card-open").click()
            await expect(page.locator("#call .line")).to_have_count(4)
        case "settings" | "trend" | "invite" | "help":
            await page.locator(f"#{state}-open").click()
            await expect(page.locator(f"#{state}")).to_be_visible()
        case "alerts":
            if await page.locator("#show-alerts").is_visible():
                await page.click("#show-alerts")
        case "snooze" | "assign":
            await page.evaluate("document.querySelector('#show-alerts').click()")
            await page.get_by_role("button", name=f"{state.title()} this alert").first.click()
        case "menu":
            await page.click("#mute")
        case "lost":
            await stage.go()
            await expect(page.locator("#link")).to_have_attribute("data-state", "lost")
        case _:
            pass


@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [390, 1440])
async def test_axe_finds_nothing_serious(browser: Browser, width: int) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        bypass_csp=True,  # axe itself is put into the page
    )
    page = await context.new_page()
    found: dict[str, list[str]] = {}
    for state in STATES:
        async with FloorStage(hello=HELLO.model_copy(update={"sample": True})) as stage:
            await context.clear_cookies()
            await show(stage, page, state)
            found |= await grave(page, state)
    await context.close()
    assert found == {}


@pytest.mark.timeout(240)
async def test_nothing_scrolls_sideways(browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    wide: dict[str, list[str]] = {}
    for state in STATES:
        async with FloorStage() as stage:
            await context.clear_cookies()
            await page.set_viewport_size({"width": 1440, "height": 800})
            await show(stage, page, state)
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 800})
                # The page learns of its new width with the next frame, and the call moves then.
                await page.evaluate("new Promise((then) => requestAnimationFrame(() => setTimeout(then)))")
                beyond = await page.evaluate(
                    """() => [document.scrollingElement,
                            ...document.querySelectorAll('.wall, .alerts, dialog[open], .floor-top, .whisper-ready')]
                        .filter((node) => node.scrollWidth > node.clientWidth + 1)
                        .map((node) => `${node.id || node.tagName} ${node.scrollWidth} > ${node.clientWidth}`)"""
                )
                if beyond:
                    wide[f"{state} {width}"] = beyond
    await context.close()
    assert wide == {}


@pytest.mark.parametrize(("touch", "least"), [(False, 24), (True, 40)])
async def test_every_control_is_large_enough_and_named(browser: Browser, touch: bool, least: int) -> None:  # noqa: FBT001
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, has_touch=touch, is_mobile=touch)
    page = await context.new_page()
    async with FloorStage() as stage:
        await show(stage, page, "call")
        for control in await page.locator("button:visible, input:visible, select:visible").all():
            if await control.evaluate("node => node.classList.contains('card-open')"):
                continue  # the whole card is the button
            name = await control.evaluate(
                "node => node.getAttribute('aria-label') || node.textContent || node.labels?.[0]?.textContent"
            )
            assert name
            if await control.evaluate(
                "node => node.matches('.team-fold, .whisper-ready *, .alert:not([data-waits=true]) *')"
            ):
                continue
            box = await control.bounding_box()
            assert box is not None
            assert box["height"] >= least, name
    await context.close()


async def test_a_card_keeps_its_height_whatever_happens_on_it(browser: Browser) -> None:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    async with FloorStage() as stage:
        stage.put(*[floors.card(number) for number in range(8)])
        await page.goto(stage.address)
        await stage.joined(page)
        before = await page.locator(".card").nth(6).bounding_box()
        moment = floors.no(0, "reason", "alternative", "buy_in").model_copy(update={"quote": "No. " * 200})
        await stage.change(floors.card(0, moment=moment, nudge=floors.hint(), noes=40, unrepaired=39))
        await expect(page.locator(".card", has_text="39 bare")).to_have_count(1)
        assert await page.locator(".card").nth(6).bounding_box() == before
    await context.close()


async def test_nothing_moves_by_itself(browser: Browser) -> None:
    context = await browser.new_context(reduced_motion="reduce", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    async with FloorStage() as stage:
        await show(stage, page, "call")
        await stage.alert(floors.alert(1))
        await expect(page.locator("#spoken-alerts")).not_to_be_empty()
        assert await page.evaluate("document.getAnimations().length") == 0
    await context.close()


async def test_forced_colours_keep_who_needs_help_apart(browser: Browser) -> None:
    context = await browser.new_context(forced_colors="active", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    async with FloorStage() as stage:
        await show(stage, page, "wall")
        width = "node => getComputedStyle(node).borderLeftWidth"
        needs = await page.locator(".card[data-level=high]").evaluate(width)
        calm = await page.locator(".card[data-level='']").first.evaluate(width)
        assert needs != calm
    await context.close()
