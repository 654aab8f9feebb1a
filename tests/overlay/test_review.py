"""The call review in a browser: timeline and words lead to each other, and all can read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from overlay.reviews import HOSTILE, alone, full, hostile, long, write
from playwright.async_api import Browser, Page, expect

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
SELECTED = ".said-line[aria-selected=true]"


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A window; whatever goes wrong in a page, and whatever it asks the network for, fails the test."""
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    opened = await context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if line.type in {"error", "warning"} else None)
    opened.on("request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None)
    yield opened
    await context.close()
    assert wrong == []


async def test_praise_comes_before_what_was_missing(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    headings = await page.locator("h2").all_inner_texts()
    assert headings == ["What went well", "For the next call", "The call", "Each no", "Words"]
    await expect(page.locator("#review")).to_contain_text("You said 2 of 3 noes well")
    assert not await page.locator("#review").get_by_text("score", exact=False).count()


async def test_the_timeline_and_the_words_lead_to_each_other(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    box = await page.locator(".lane[data-channel=agent]").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] * 100 / 145, box["y"] + box["height"] / 2)
    await expect(page.locator(SELECTED)).to_contain_text("the law wants her signature")
    await expect(page.locator(SELECTED)).to_be_in_viewport()
    before = await page.locator(".cursor").bounding_box()
    await page.locator(".said-line").first.click()
    await expect(page.locator(SELECTED)).to_contain_text("how may I help you")
    after = await page.locator(".cursor").bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] < before["x"]


async def test_keys_walk_through_the_call(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    place = page.get_by_role("slider", name="Place in the call")
    await place.focus()
    await page.keyboard.press("PageDown")
    await expect(page.locator(SELECTED)).to_contain_text("No, we can't do that.")
    assert "No, we can't do that." in (await place.get_attribute("aria-valuetext") or "")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(SELECTED)).to_contain_text("nine years and this")
    await page.keyboard.press("PageUp")
    await expect(page.locator(SELECTED)).to_contain_text("No, we can't do that.")
    await page.keyboard.press("End")
    await expect(page.locator(SELECTED)).to_contain_text("that was all")
    words = page.get_by_role("listbox", name="Words of the call")
    await words.focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(SELECTED)).to_contain_text("late fee")
    assert await words.get_attribute("aria-activedescendant") == await page.locator(SELECTED).get_attribute("id")


async def test_a_no_on_the_timeline_leads_to_its_card(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    tracks = page.locator(".track")
    assert await tracks.count() == 3
    signs = await tracks.first.locator(".sign").evaluate_all(
        "all => all.map((sign) => sign.dataset.part ?? sign.dataset.kind)"
    )
    assert signs == ["offer_alternative", "acknowledgement", "reason", "alternative", "buy_in"]
    await tracks.nth(2).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#no-3")).to_be_focused()
    await expect(page.locator("#no-3")).to_be_in_viewport()
    await expect(page.locator("#no-3")).to_have_attribute("data-on", "true")
    await page.locator("#no-1 .at").click()
    await expect(page.locator(SELECTED)).to_contain_text("No, we can't do that.")


async def test_what_was_not_heard_is_shown(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    assert await page.locator(".deaf").count() >= 2
    await expect(page.locator(".said-note").filter(has_text="paused")).to_contain_text("From 1:10 to 1:24")
    await page.goto(write(tmp_path, alone(), "alone.html").as_uri())
    await expect(page.locator(".limits")).to_contain_text("Only the agent was heard")
    await expect(page.locator(".limits")).to_contain_text("cut off")
    await expect(page.locator(".lane-name").first).to_have_text("Customer: not heard")


async def test_the_strip_grows_and_follows(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    view = page.locator(".strip-view")
    fits = "view => view.scrollWidth <= view.clientWidth"
    assert await view.evaluate(fits)
    for _ in range(3):
        await page.get_by_role("button", name="Closer").click()
    assert not await view.evaluate(fits)
    await page.locator(".said-line").last.click()
    await page.wait_for_function(
        """() => {
            const [view, cursor] = ['.strip-view', '.cursor'].map((name) => document.querySelector(name));
            const [outer, inner] = [view.getBoundingClientRect(), cursor.getBoundingClientRect()];
            return inner.left >= outer.left && inner.right <= outer.right;
        }"""
    )
    await page.get_by_role("button", name="Whole call").click()
    assert await view.evaluate(fits)


async def test_what_was_said_stays_text(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, hostile()).as_uri())
    assert await page.locator("img").count() == 0
    assert await page.locator(".said-line bdi").first.evaluate("node => node.textContent") == HOSTILE
    assert HOSTILE.split(" ")[0] in await page.title()


@pytest.mark.timeout(240)
async def test_four_hours_of_call_can_be_walked(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, long()).as_uri())
    assert await page.locator(".said-line").count() == 10_000
    assert await page.locator(".lanes *").count() < 40
    await page.get_by_role("slider", name="Place in the call").focus()
    await page.keyboard.press("End")
    await expect(page.locator("#said-9999")).to_be_in_viewport()
    tops = await page.locator(".track").evaluate_all("all => new Set(all.map((track) => track.offsetTop)).size")
    assert tops <= 4


@pytest.mark.timeout(240)
async def test_axe_finds_nothing_serious(browser: Browser, tmp_path: Path) -> None:
    context = await browser.new_context(viewport={"width": 1200, "height": 900}, bypass_csp=True)
    page = await context.new_page()
    found: dict[str, list[str]] = {}
    for name, messages in {"full": full(), "alone": alone()}.items():
        await page.goto(write(tmp_path, messages, f"{name}.html").as_uri())
        await page.locator(".said-line").first.click()
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            results = await Axe().run(page)
            grave = [
                f"{violation['id']}: {[node['html'] for node in violation['nodes']]}"
                for violation in results.response["violations"]
                if violation["impact"] in {"serious", "critical"}
            ]
            if grave:
                found[f"{name} {scheme}"] = grave
    await context.close()
    assert found == {}


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (640, 480), (320, 560), (160, 280)])
async def test_nothing_scrolls_sideways(page: Page, tmp_path: Path, width: int, height: int) -> None:
    """The last is a window of 320 by 560 pixels at a zoom of 200 %."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(write(tmp_path, full()).as_uri())
    assert await page.evaluate("document.scrollingElement.scrollWidth") <= width


async def test_on_paper_all_words_stand(page: Page, tmp_path: Path) -> None:
    await page.goto(write(tmp_path, full()).as_uri())
    await page.emulate_media(media="print")
    assert await page.locator(".script").evaluate("list => list.scrollHeight <= list.clientHeight + 1")
    assert not await page.locator(".zoom").is_visible()


async def test_a_page_without_a_call_says_what_it_is(page: Page, tmp_path: Path) -> None:
    whole = write(tmp_path, full())
    before, _, after = whole.read_text("utf-8").partition('id="call">')
    whole.write_text(before + 'id="call">null</script>' + after.partition("</script>")[2], encoding="utf-8")
    await page.goto(whole.as_uri())
    await expect(page.locator("#review")).to_contain_text("There is no call in this page")
