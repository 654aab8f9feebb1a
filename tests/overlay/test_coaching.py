"""What the coach says beyond the nudge: suggestions, the reason for a nudge, quiet marks, and nudges that stay away."""

from __future__ import annotations

import pytest
from overlay.stage import Stage
from playwright.async_api import Page, expect

from overlay import scenes
from voiceassist.core.types import NudgeKind
from voiceassist.server import messages as wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUDGE = "#nudge-text"
TAKEN = ".chip[aria-pressed=true]"


# --- suggestions ------------------------------------------------------------------------------------------------------


async def test_a_suggestion_is_marked_by_its_key_and_nobody_else_is_told(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged(suggestions=scenes.OFFERS))
    await stage.asked(wire.Painted)
    await page.keyboard.press("2")
    await expect(page.locator(TAKEN)).to_have_count(1)
    await expect(page.locator(TAKEN)).to_have_attribute("title", scenes.OFFERS[1])
    await page.keyboard.press("3")
    await expect(page.locator(TAKEN)).to_have_attribute("title", scenes.OFFERS[2])
    await expect(page.locator(NUDGE)).not_to_be_empty()
    await page.keyboard.press("3")
    await expect(page.locator(TAKEN)).to_have_count(0)
    assert stage.commands.empty()


async def test_a_suggestion_that_was_taken_stays_so_when_the_nudge_is_renewed(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged(suggestions=scenes.OFFERS))
    await page.locator(".chip").nth(0).press("Enter")
    await expect(page.locator(TAKEN)).to_be_focused()
    stage.say(scenes.nudge(suggestions=scenes.OFFERS, stays=scenes.LONG))
    await expect(page.locator("#history")).to_contain_text("renewed 1 ×")
    await expect(page.locator(TAKEN)).to_be_focused()
    await expect(page.locator("#history")).to_contain_text(f"your choice: “{scenes.OFFERS[0]}”")


async def test_a_number_without_a_suggestion_does_nothing(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged(suggestions=scenes.OFFERS[:1]))
    await stage.asked(wire.Painted)
    await page.keyboard.press("2")
    await page.keyboard.press("1")
    await expect(page.locator(TAKEN)).to_have_attribute("title", scenes.OFFERS[0])
    stage.say(scenes.cleared("expired"))
    await expect(page.locator(NUDGE)).to_be_empty()
    await page.keyboard.press("1")
    assert stage.commands.empty()


# --- the count that nobody sees who did not ask for it ----------------------------------------------------------------


async def test_the_noes_of_the_call_are_counted_on_the_panel_only_when_asked_for(stage: Stage, page: Page) -> None:
    stage.say(scenes.moment("repaired", "call-1-m1"), scenes.moment("open", "call-1-m2"))
    stage.say(scenes.moment("withdrawn", "call-1-m3"))
    tally = page.locator("#tally")
    await expect(tally).to_be_hidden()
    await page.keyboard.press("k")
    await page.get_by_label("Count the noes of the call on the panel").check()
    await page.keyboard.press("Escape")
    await expect(tally).to_have_text("1/2 mended")
    await page.reload()
    await stage.joined(page)
    await expect(tally).to_have_text("1/2 mended")
    stage.say(scenes.ended())
    await expect(tally).to_be_hidden()


# --- why, and what the agent makes of it ------------------------------------------------------------------------------


async def test_why_a_nudge_came_is_one_key_away(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await expect(page.locator(NUDGE)).not_to_be_empty()
    await page.keyboard.press("?")
    await expect(page.locator("#nudge-quote")).to_have_text("heard: “No, we can't do two.”")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.keyboard.press("?")
    await expect(page.locator("#nudge-quote")).to_be_hidden()


async def test_without_a_nudge_the_same_key_explains_the_keys(page: Page) -> None:
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Why this nudge")


async def test_thumbs_and_dismissal_have_keys(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await page.keyboard.press("n")
    assert await stage.asked() == wire.Feedback(id="call-1-n1", helpful=False)
    await page.keyboard.press("h")
    assert await stage.asked() == wire.Feedback(id="call-1-n1", helpful=True)
    await page.click("[aria-label='Snooze nudges']")
    await page.keyboard.press("Escape")  # leaves the choice of a snooze, not the nudge
    await expect(page.get_by_role("button", name="Today")).to_be_hidden()
    await expect(page.locator(NUDGE)).not_to_be_empty()
    await page.keyboard.press("Escape")
    assert await stage.asked() == wire.Dismiss(id="call-1-n1")
    await expect(page.locator(NUDGE)).to_be_empty()


# --- a snooze, and its end --------------------------------------------------------------------------------------------


async def test_nudges_are_snoozed_from_the_help_page_while_none_stands(stage: Stage, page: Page) -> None:
    await page.keyboard.press("k")
    await page.locator("#help").get_by_role("button", name="Today").click()
    assert await stage.asked() == wire.Snooze(for_="today")
    await expect(page.locator("#snoozed-text")).to_have_text("Nudges are snoozed for today.")
    await expect(page.locator("#help")).to_be_hidden()
    stage.say(scenes.ended())
    await page.keyboard.press("k")
    await expect(page.locator("#help").get_by_role("button", name="This call")).to_be_disabled()
    await expect(page.locator("#help").get_by_role("button", name="Today")).to_be_enabled()


@pytest.mark.parametrize("way", ["button", "key"])
async def test_wake_ends_a_snooze(stage: Stage, page: Page, way: str) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await page.click("[aria-label='Snooze nudges']")
    await page.get_by_role("button", name="This call").click()
    assert await stage.asked() == wire.Snooze(for_="call")
    if way == "key":
        await page.keyboard.press("w")
    else:
        await page.get_by_role("button", name="Wake").click()
    assert await stage.asked() == wire.Snooze(for_=0.0)
    await expect(page.locator("#snoozed")).to_be_hidden()
    await page.keyboard.press("w")  # awake already
    assert stage.commands.empty()


async def test_a_page_that_comes_later_can_wake_too(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk())
    stage.hub.command(wire.Snooze(for_="today"))
    assert await stage.asked() == wire.Snooze(for_="today")
    await page.reload()
    await stage.joined(page)
    await page.get_by_role("button", name="Wake").click()
    assert await stage.asked() == wire.Snooze(for_=0.0)
    await page.reload()
    await stage.joined(page)
    await expect(page.locator("#words .line")).to_have_count(4)
    await expect(page.locator("#snoozed")).to_be_hidden()


async def test_a_kind_that_mutes_itself_says_so(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk(), wire.KindMuted(call=scenes.CALL, kind=NudgeKind.ACKNOWLEDGE, up=1, down=4))
    await expect(page.locator(".notice")).to_contain_text("No more nudges of the kind “Feeling”: 1 of 5 helped you.")
    await page.click("#tab-history")
    await expect(page.locator("#history")).to_contain_text("“Feeling”")


# --- quiet marks ------------------------------------------------------------------------------------------------------


async def test_a_mark_is_a_line_in_the_history_and_nothing_else(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk())
    await expect(page.locator("#words .line")).to_have_count(4)
    before = await page.locator("#stage").inner_text()
    stage.say(*scenes.noted())
    await expect(page.locator("#history .noted")).to_have_count(4)
    assert await page.locator("#stage").inner_text() == before
    await expect(page.locator("#words-panel")).to_be_visible()
    live = page.locator("[aria-live], [role=status], [role=alert], [role=log]").filter(has_text="customer")
    await expect(live).to_have_count(0)
    assert stage.commands.empty()


async def test_a_mark_stands_with_its_no_and_else_in_its_place(stage: Stage, page: Page) -> None:
    stage.say(*scenes.STATES["marks"])
    entries = page.locator("#history .entry")
    await expect(entries.filter(has_text="No, we can't do two.").locator(".noted")).to_have_count(2)
    assert await entries.first.locator(".noted").get_attribute("data-mark") == "ruled_out"  # the newest
    await expect(entries.first).to_contain_text("Refunds take three to five days.")
    assert await entries.last.locator(".noted").get_attribute("data-mark") == "parroted"
    await page.reload()
    await stage.joined(page)
    await expect(page.locator("#history .noted")).to_have_count(4)


async def test_no_mark_blames(stage: Stage, page: Page) -> None:
    stage.say(*scenes.STATES["marks"])
    await expect(page.locator("#history .noted")).to_have_count(4)
    said = " ".join(await page.locator("#history .noted").all_text_contents()).lower()
    for word in ("interrupt", "parrot", "fail", "forgot", "wrong", "mistake", "should", "must", "never", "not "):
        assert word not in said


async def test_the_scorecard_tells_what_was_asked_and_noted(stage: Stage, page: Page) -> None:
    stage.say(*scenes.eventful(), scenes.ended())
    summary = page.locator("#summary-panel")
    await expect(summary).to_contain_text("You asked what would work once, asked back twice, promised to look once.")
    await expect(summary).to_contain_text("You thanked a customer who leaves")
    await expect(summary.locator(".noted").first).to_be_hidden()
    await summary.get_by_text("To look at afterwards: 4").click()
    await expect(summary.locator(".noted").first).to_be_visible()


async def test_let_them_finish_is_calmer_than_the_others(stage: Stage, page: Page) -> None:
    look = "node => [getComputedStyle(node).animationName, getComputedStyle(node).boxShadow]"
    stage.say(*scenes.nudged("offer_alternative"))
    await expect(page.locator("#nudge")).to_have_attribute("data-kind", "offer_alternative")
    assert "none" not in await page.locator("#nudge").evaluate(look)
    stage.say(*scenes.nudged("let_them_finish", id_="call-1-n2"))
    await expect(page.locator("#nudge")).to_have_attribute("data-kind", "let_them_finish")
    assert await page.locator("#nudge").evaluate(look) == ["none", "none"]


# --- whatever is said -------------------------------------------------------------------------------------------------


async def test_what_is_written_from_right_to_left_keeps_to_itself(stage: Stage, page: Page) -> None:
    text = "\u202eלא, אי אפשר 🙅🏽‍♀️ 2 חדרים"
    stage.say(
        *scenes.refused(),
        scenes.said("customer", 15.0, text),
        scenes.moment("nudged", quote=text),
        scenes.nudge(text="אפשר להציע", quote=text, suggestions=(text,), stays=scenes.LONG),
    )
    await page.keyboard.press("?")
    await expect(page.locator("#nudge-quote")).to_have_text(f"heard: “{text}”")
    direction = "node => getComputedStyle(node).direction"
    assert await page.locator(NUDGE).evaluate(direction) == "rtl"
    assert await page.locator("#words .said").last.evaluate(direction) == "rtl"
    assert await page.locator("#nudge-quote").evaluate(direction) == "ltr"
    assert await page.locator("#nudge-quote bdi").evaluate(direction) == "rtl"
    wide = "() => document.querySelector('.app').scrollWidth > document.querySelector('.app').clientWidth"
    assert not await page.evaluate(wide)
