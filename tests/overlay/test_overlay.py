"""The overlay in a real browser, fed by the real hub: what the agent sees, and what the page answers."""

from __future__ import annotations

import asyncio

import pytest
from overlay.stage import Stage
from playwright.async_api import Browser, Page, expect

from overlay import scenes
from voiceassist.server import messages as wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUDGE = "#nudge-text"


async def lit(page: Page) -> list[str | None]:
    return [await mark.get_attribute("data-part") for mark in await page.locator("#cue .mark[data-lit=true]").all()]


# --- the moment -------------------------------------------------------------------------------------------------------


async def test_a_cue_is_answered_as_painted_once_however_its_moment_goes_on(stage: Stage, page: Page) -> None:
    stage.say(*scenes.refused())
    async with asyncio.timeout(20):
        assert await stage.cues.get() == "call-1-m1"
    stage.say(scenes.moment("open", "call-1-m1", "acknowledgement", "alternative"))
    await expect(page.locator("#cue .mark[data-lit=true]")).to_have_count(2)
    stage.say(scenes.moment("nudged"), scenes.nudge())
    assert await stage.asked() == wire.Painted(id="call-1-n1")
    assert stage.cues.empty()


async def test_a_nudge_stands_on_the_screen_and_is_answered_as_painted(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged(suggestions=(*scenes.OFFERS, "a fourth")))
    await expect(page.locator(NUDGE)).to_have_text("Say what you can do instead")
    await expect(page.locator(NUDGE)).to_have_attribute("role", "status")
    await expect(page.locator("#nudge-suggestions li")).to_have_count(3)
    assert await stage.asked() == wire.Painted(id="call-1-n1")
    size = await page.locator(NUDGE).first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 20


async def test_each_kind_has_a_sign_and_a_colour_of_its_own(stage: Stage, page: Page) -> None:
    stage.say(*scenes.refused())
    seen: set[tuple[str, str, str]] = set()
    for number, kind in enumerate(scenes.TEXTS):
        stage.say(scenes.nudge(kind, f"n{number}", stays=scenes.LONG))
        await expect(page.locator("#nudge")).to_have_attribute("data-kind", kind)
        sign = await page.locator("#nudge-icon use").first.evaluate("node => node.getAttribute('href')")
        look = await page.locator("#nudge-icon").first.evaluate(
            "node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).borderRadius]"
        )
        assert await page.locator(f"[id='{sign[1:]}']").first.evaluate("node => node.childElementCount") > 0
        seen.add((sign, *look))
    for part in range(2):  # the sign and the colour each tell the kinds apart
        assert len({look[part] for look in seen}) == len(scenes.TEXTS)


async def test_the_cue_opens_with_four_marks_and_they_light(stage: Stage, page: Page) -> None:
    stage.say(*scenes.refused())
    await expect(page.locator("#cue .mark")).to_have_count(4)
    assert await lit(page) == []
    stage.say(scenes.moment("open", "call-1-m1", "acknowledgement", "alternative", holding=True))
    await expect(page.locator("#cue .mark[data-lit=true]")).to_have_count(2)
    assert await lit(page) == ["acknowledgement", "alternative"]
    await expect(page.locator("#cue")).to_contain_text("looking")
    stage.say(scenes.moment("open", "call-1-m1", "acknowledgement", "alternative", unsure=True))
    await expect(page.locator("#cue")).to_contain_text("not sure")


async def test_a_repaired_moment_turns_calm_and_goes(stage: Stage, page: Page) -> None:
    stage.say(*scenes.refused(), scenes.moment("repaired", "call-1-m1", "reason", "alternative"))
    await expect(page.locator("#cue")).to_have_attribute("data-calm", "true")
    await expect(page.locator("#cue")).to_be_hidden(timeout=10_000)


async def test_praise_is_said_and_goes(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk(), scenes.praise("That landed well."))
    await expect(page.locator("#praise")).to_have_text("That landed well.")
    await expect(page.locator("#praise")).to_have_attribute("role", "status")
    await expect(page.locator("#praise")).to_have_text("", timeout=15_000)


async def test_the_agent_sees_who_reads_along_and_that_the_hub_is_gone(stage: Stage, page: Page) -> None:
    line = page.locator("#hub")
    stage.say(*scenes.talk())
    await expect(line).to_be_hidden()
    stage.say(wire.Watched(call=scenes.CALL, at=13.0, by=("Sam <b>Sample</b>",)))
    await expect(line).to_have_text("Sam <b>Sample</b> reads along with this call.")
    stage.say(wire.HubLink(state="waiting", waiting=12), wire.Watched(call=scenes.CALL, at=14.0, by=("Kim", "Sam")))
    await expect(line).to_have_text(
        "Kim and Sam read along with this call. The hub cannot be reached; 12 events wait here. Your nudges go on."
    )
    await page.reload()
    await expect(line).to_contain_text("Kim and Sam read along")
    stage.say(wire.HubLink(state="connected"), wire.Watched(call=scenes.CALL, at=15.0))
    await expect(line).to_be_hidden()
    stage.say(wire.HubLink(state="connected", refused=3))
    await expect(line).to_have_text("The hub did not take 3 events of your calls.")


async def test_a_nudge_hides_by_itself(stage: Stage, page: Page) -> None:
    stage.say(*scenes.refused(), scenes.nudge(stays=0.4))
    await expect(page.locator(NUDGE)).to_have_text("", timeout=10_000)
    await expect(page.locator("#nudge-actions")).to_be_hidden()
    await page.click("#tab-history")
    await expect(page.locator("#history")).to_contain_text("time ran out")


async def test_a_renewed_nudge_starts_its_count_anew_and_is_not_painted_afresh(stage: Stage, page: Page) -> None:
    stage.say(*scenes.refused(), scenes.nudge(stays=2.0))
    await expect(page.locator(NUDGE)).to_have_text("Say what you can do instead")
    await page.click("#nudge [aria-label^=Why]")
    sign = await page.query_selector("#nudge-icon svg")
    assert sign is not None
    stage.say(scenes.nudge(stays=scenes.LONG))
    await expect(page.locator("#history")).to_contain_text("renewed 1 ×")
    left = await page.locator("#nudge-countdown").first.evaluate(
        "node => node.getAnimations()[0].effect.getTiming().duration"
    )
    assert left > 60_000
    assert await sign.evaluate("node => node.isConnected")
    await expect(page.locator("#nudge-quote")).to_be_visible()


@pytest.mark.parametrize("why", ["recovered", "replaced", "withdrawn", "call_ended"])
async def test_a_cleared_nudge_leaves_and_stays_in_the_history(stage: Stage, page: Page, why: str) -> None:
    stage.say(*scenes.nudged())
    await expect(page.locator(NUDGE)).not_to_be_empty()
    stage.say(scenes.cleared(why))
    await expect(page.locator(NUDGE)).to_be_empty()
    await page.click("#tab-history")
    await expect(page.locator("#history")).to_contain_text("Say what you can do instead")


# --- what the agent may do --------------------------------------------------------------------------------------------


async def test_buttons_say_what_they_mean(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await expect(page.locator("#nudge-quote")).to_be_hidden()
    await page.click("#nudge [aria-label^=Why]")
    await expect(page.locator("#nudge-quote")).to_have_text("heard: “No, we can't do two.”")
    await page.click("#nudge [aria-label='Not helpful']")
    assert await stage.asked() == wire.Feedback(id="call-1-n1", helpful=False)
    await expect(page.locator("#nudge [aria-label='Not helpful']")).to_have_attribute("aria-pressed", "true")
    await page.click("#nudge [aria-label='Helpful']")
    assert await stage.asked() == wire.Feedback(id="call-1-n1", helpful=True)
    await page.click("#nudge [aria-label='Dismiss']")
    assert await stage.asked() == wire.Dismiss(id="call-1-n1")
    await expect(page.locator(NUDGE)).to_be_empty()


@pytest.mark.parametrize(
    ("name", "span", "standing"),
    [
        ("Snooze nudges for 10 seconds", 10.0, "Nudges are snoozed for 10 s."),
        ("This call", "call", "Nudges are snoozed for this call."),
        ("Today", "today", "Nudges are snoozed for today."),
    ],
)
async def test_snooze(stage: Stage, page: Page, name: str, span: wire.SnoozeFor, standing: str) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await page.click("[aria-label='Snooze nudges']")
    await page.get_by_role("button", name=name, exact=True).click()
    assert await stage.asked() == wire.Snooze(for_=span)
    await expect(page.locator(NUDGE)).to_be_empty()
    await expect(page.locator("#snoozed-text")).to_have_text(standing)


async def test_pause_and_resume(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk())
    await expect(page.locator("#status-label")).to_have_text("Listening")
    await page.get_by_role("button", name="Pause listening").click()
    assert await stage.asked() == wire.Pause()
    stage.say(scenes.audio("paused"))
    await expect(page.locator("#status")).to_contain_text("nothing is heard")
    await expect(page.locator("#halt")).to_contain_text("Paused")
    await page.get_by_role("button", name="Resume", exact=True).click()
    assert await stage.asked() == wire.Resume()
    stage.say(scenes.audio("listening"))
    await expect(page.locator("#halt")).to_be_hidden()


async def test_a_call_is_started_and_ended(stage: Stage, page: Page) -> None:
    await page.get_by_role("button", name="Start call").click()
    assert await stage.asked() == wire.CallStart()
    stage.say(*scenes.eventful())
    await page.get_by_role("button", name="End call").click()
    assert await stage.asked(wire.CallEnd) == wire.CallEnd()
    stage.say(scenes.ended())
    summary = page.locator("#summary-panel")
    await expect(summary).to_contain_text("3 noes, 1 said well.")
    steps = summary.locator(".entry").nth(1).locator(".step")
    assert await steps.all_text_contents() == ["Feeling", "Reason", "Alternative", "Their say"]
    await expect(page.locator("#status")).to_contain_text("Between calls")
    stage.say(wire.CallStarted(call="call-2"))
    await expect(summary).to_be_hidden()
    await expect(page.locator("#words .line")).to_have_count(0)


async def test_the_keyboard_alone_is_enough(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await page.keyboard.press("h")
    assert await stage.asked() == wire.Feedback(id="call-1-n1", helpful=True)
    await page.keyboard.press("p")
    assert await stage.asked() == wire.Pause()
    await page.keyboard.press("s")
    assert await stage.asked() == wire.Snooze(for_=10.0)
    stage.say(scenes.nudge(id_="call-1-n2", stays=scenes.LONG))
    await stage.asked(wire.Painted)
    await page.keyboard.press("d")
    assert await stage.asked() == wire.Dismiss(id="call-1-n2")

    await page.keyboard.press("k")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("p")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert stage.commands.empty()

    reached: set[str] = set()
    for _ in range(24):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.id"))
    assert {"pause", "float", "help-open", "call", "tab-words", "tab-history", "words-panel"} <= reached


async def test_the_keyboard_stays_on_the_page_when_the_nudge_goes(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await page.get_by_role("button", name="Dismiss").press("Enter")
    assert await page.evaluate("document.activeElement.id") == "stage"


async def test_single_keys_can_be_switched_off(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await page.keyboard.press("k")
    await page.get_by_label("Turn single keys off").check()
    await page.keyboard.press("Escape")
    await page.keyboard.press("d")
    await expect(page.locator(NUDGE)).not_to_be_empty()
    await page.keyboard.press("Escape")
    assert await stage.asked() == wire.Dismiss(id="call-1-n1")


# --- states that must never look like all is well ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "label", "tone"),
    [
        ("listening", "Listening", "calm"),
        ("silent", "Silent", "warn"),
        ("lost", "Microphone lost", "bad"),
        ("paused", "Paused", "warn"),
        ("lagging", "Lagging", "warn"),
        ("restored", "Listening", "calm"),
        ("changed", "Listening", "calm"),
    ],
)
async def test_the_status_line(stage: Stage, page: Page, state: str, label: str, tone: str) -> None:
    await expect(page.locator("#status-label")).to_have_text("Between calls")
    stage.say(*scenes.talk(), scenes.audio(state))
    await expect(page.locator("#status-label")).to_have_text(label)
    await expect(page.locator("#app")).to_have_attribute("data-tone", tone)


async def test_a_lost_connection_comes_back_with_nothing_missing(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk())
    await expect(page.locator("#words .line")).to_have_count(4)
    await stage.go()
    await expect(page.locator("#status")).to_contain_text("Not connected")
    await expect(page.locator("#status")).to_contain_text("reconnecting")
    await expect(page.locator("#app")).to_have_attribute("data-tone", "bad")
    await expect(page.locator("#pause")).to_be_disabled()
    for number in range(60):  # more than a snapshot holds
        stage.say(scenes.said("agent", 20.0 + number, f"line {number}"))
    stage.say(scenes.moment(), scenes.nudge(stays=scenes.LONG))
    await stage.come_back()
    await stage.joined(page)
    await expect(page.locator(NUDGE)).not_to_be_empty()
    lines = await page.locator("#words .said").all_text_contents()
    assert lines[4:] == [f"line {number}" for number in range(60)]


async def test_a_server_that_vanished_is_noticed_though_the_socket_looks_open(stage: Stage, page: Page) -> None:
    stage.say(*scenes.talk())
    await expect(page.locator("#status-label")).to_have_text("Listening")
    await page.context.set_offline(True)
    await expect(page.locator("#status")).to_contain_text("Not connected")
    stage.say(scenes.said("agent", 20.0, "Said meanwhile."))
    await page.context.set_offline(False)
    await stage.joined(page)
    await expect(page.locator("#words .said")).to_have_count(5)


async def test_what_was_pressed_without_a_connection_arrives_after_it(stage: Stage, page: Page) -> None:
    stage.say(*scenes.nudged())
    await stage.asked(wire.Painted)
    await stage.go()
    await expect(page.locator("#status")).to_contain_text("Not connected")
    await page.keyboard.press("d")
    await page.keyboard.press("p")
    await expect(page.locator(NUDGE)).to_be_empty()
    await stage.come_back()
    await stage.joined(page)
    assert await stage.asked() == wire.Dismiss(id="call-1-n1")
    assert stage.commands.empty()


async def test_a_reloaded_page_knows_the_call(stage: Stage, page: Page) -> None:
    stage.say(*scenes.eventful())
    await page.reload()
    await stage.joined(page)
    await expect(page.locator("#words .line")).to_have_count(6)
    await page.click("#tab-history")
    await expect(page.locator("#history .entry")).to_have_count(3)
    assert "t=" not in page.url


async def test_without_a_session_the_page_explains_itself(stage: Stage, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(stage.server.url + "/#t=used-up")
    await expect(page.locator("#explain")).to_contain_text("opened by the voiceassist command")
    await expect(page.locator("#app")).to_be_hidden()
    assert "used-up" not in page.url
    await context.close()


async def test_limited_accuracy_is_a_standing_line(browser: Browser) -> None:
    async with Stage(limited=True) as stage:
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(stage.address)
        await stage.joined(page)
        await expect(page.locator("#limited")).to_contain_text("models pull")
        stage.say(*scenes.nudged())
        await expect(page.locator(NUDGE)).not_to_be_empty()
        await expect(page.locator("#limited")).to_be_visible()
        await context.close()


async def test_whisper_and_error_are_shown_until_closed(stage: Stage, page: Page) -> None:
    stage.say(*scenes.STATES["whisper"], scenes.STATES["error"][-1])
    notices = page.locator(".notice")
    await expect(notices).to_have_count(2)
    await expect(notices.nth(0)).to_contain_text("From your supervisor")
    await expect(notices.nth(0)).to_contain_text("You may waive the fee on this one.")
    await expect(notices.nth(1)).to_contain_text("Some words may be missing. (engine)")
    await notices.nth(0).get_by_role("button").click()
    await expect(notices).to_have_count(1)


# --- words ------------------------------------------------------------------------------------------------------------


async def test_interim_words_are_replaced_by_final_ones(stage: Stage, page: Page) -> None:
    stage.say(scenes.started(), scenes.said("agent", 1.0, "let me", final=False))
    await expect(page.locator(".line[data-final=false]")).to_have_text("You 0:01let me")
    stage.say(scenes.said("customer", 1.2, "well", final=False), scenes.said("agent", 1.0, "Let me see."))
    await expect(page.locator(".line[data-final=true] .said")).to_have_text("Let me see.")
    await expect(page.locator(".line[data-final=false] .said")).to_have_text("well")


async def test_the_newest_words_stay_in_sight_unless_one_reads_back(stage: Stage, page: Page) -> None:
    stage.say(scenes.started(), *(scenes.said("agent", float(n), f"line {n}") for n in range(40)))
    await expect(page.get_by_text("line 39", exact=True)).to_be_in_viewport()
    await page.locator("#words-panel").first.evaluate("node => { node.scrollTop = 0; }")
    await expect(page.get_by_role("button", name="Latest")).to_be_visible()
    stage.say(scenes.said("agent", 40.0, "line 40"))
    await expect(page.get_by_text("line 0", exact=True)).to_be_in_viewport()
    await page.get_by_role("button", name="Latest").click()
    await expect(page.get_by_text("line 40", exact=True)).to_be_in_viewport()


async def test_what_is_said_stays_text(stage: Stage, page: Page) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    stage.say(
        scenes.started(),
        scenes.said("customer", 1.0, evil),
        scenes.moment(quote=evil, asked=evil),
        scenes.nudge(text=evil, quote=evil, suggestions=(evil,), stays=scenes.LONG),
        scenes.praise(evil),
        wire.Whisper(call=scenes.CALL, text=evil),
        wire.Error(call=scenes.CALL, code="x", message=evil),
        scenes.mark("ruled_out", evil, note=evil),
    )
    await expect(page.locator(NUDGE)).to_have_text(evil)
    await expect(page.locator("#words .said")).to_have_text(evil)
    await expect(page.locator("#history .entry-quote")).to_have_text(f"“{evil}”")
    assert await page.locator("img, body script").count() == 0
    assert "owned" not in await page.title()
    await page.click(".chip")
    await expect(page.locator("#history .noted")).to_contain_text(f"{evil}”{evil}")
    await expect(page.locator("#history .entry-nudge")).to_contain_text(f"your choice: “{evil}”")
    assert await page.locator("img, body script").count() == 0
