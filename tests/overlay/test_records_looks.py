"""The page of kept calls in its states, dark and light, wide and narrow: readable, reachable, and still."""

from __future__ import annotations

from pathlib import Path

import pytest
from overlay.kept_calls import STATES, hub, pose
from overlay.test_looks import grave
from playwright.async_api import Browser, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTROLS = "button:visible, input:visible, select:visible, summary:visible, :not(p) > a:visible"
WIDTHS = (320, 400, 560, 830, 1100, 1280, 1600)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("width", [400, 1440])
async def test_axe_finds_nothing_serious(browser: Browser, tmp_path: Path, width: int) -> None:
    found: dict[str, list[str]] = {}
    async with hub(tmp_path) as town:
        for state in STATES:
            page = await browser.new_page(
                viewport={"width": width, "height": 900},
                reduced_motion="reduce",
                bypass_csp=True,  # axe itself is put into the page
            )
            await pose(page, town, state)
            found |= await grave(page, state)
            await page.close()
        page = await browser.new_page(bypass_csp=True)
        await page.goto(f"{town.url}/records")
        await expect(page.locator("#login")).to_be_visible()
        found |= await grave(page, "login")
        await page.close()
    assert found == {}


@pytest.mark.timeout(240)
async def test_nothing_scrolls_sideways_and_every_control_is_named(browser: Browser, tmp_path: Path) -> None:
    wide: dict[str, int] = {}
    async with hub(tmp_path) as town:
        for state in STATES:
            page = await browser.new_page()
            await pose(page, town, state)
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 800})
                beyond = await page.evaluate(
                    """() => Math.max(...[document.scrollingElement, ...document.querySelectorAll('dialog[open]')]
                        .map((node) => node.scrollWidth - node.clientWidth))"""
                )
                if beyond > 1:
                    wide[f"{state} {width}"] = beyond
            for control in await page.locator(CONTROLS).all():
                assert await control.evaluate(
                    "node => node.ariaLabel || node.textContent.trim() || node.labels?.[0]?.textContent"
                )
                box = await control.bounding_box()
                assert box is not None
                assert box["height"] >= 24
            await page.close()
    assert wide == {}


async def test_nothing_moves_by_itself(browser: Browser, tmp_path: Path) -> None:
    async with hub(tmp_path) as town:
        page = await browser.new_page(reduced_motion="reduce")
        await pose(page, town, "call")
        assert await page.evaluate("document.getAnimations().length") == 0
        await page.close()
