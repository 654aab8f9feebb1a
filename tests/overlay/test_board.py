"""The supervisor's board in a real browser: the wall, the alerts and an opened call."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from overlay.floor_stage import FloorStage, now
from playwright.async_api import Browser, Locator, Page, expect

from overlay import floors, scenes
from voiceassist.core.types import Channel
from voiceassist.server import messages as wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVIL = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'


@pytest_asyncio.fixture(loop_scope="session")
async def floor(browser: Browser) -> AsyncIterator[FloorStage]:
    del browser
    async with FloorStage() as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def board(browser: Browser) -> AsyncIterator[Page]:
    """A page of 1440 by 900 points, not opened yet. An error of the page fails the test."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    yield page
    await context.close()
    assert errors == []


async def enter(floor: FloorStage, page: Page) -> None:
    await page.goto(floor.address)
    await floor.joined(page)


async def names(page: Page, within: str = "#teams") -> list[str]:
    return await page.locator(f"{within} .card-open").all_inner_texts()


async def hold(page: Page, place: Locator) -> None:
    """Lay a hand on this place, about to press, for as long as the test wants."""
    await place.hover()
    await page.mouse.down()


async def rest(page: Page) -> None:
    """Let the hand leave, and what waited for that happen."""
    await page.mouse.move(600, 5)
    await page.mouse.up()
    await page.evaluate("new Promise((then) => requestAnimationFrame(() => setTimeout(then)))")


# --- the wall ---------------------------------------------------------------------------------------------------------


async def test_a_card_tells_who_how_long_and_what_is_open(floor: FloorStage, board: Page) -> None:
    moment = floors.no(1, "reason", "alternative", "buy_in")
    floor.put(
        floors.card(0, name="Ana Silva", state="ready"),
        floors.card(1, name="Ben Costa", moment=moment, nudge=floors.hint(), noes=2, unrepaired=1),
    )
    await enter(floor, board)
    assert await names(board) == ["Ana Silva", "Ben Costa"]
    ready, talking = board.locator(".card").nth(0), board.locator(".card").nth(1)
    await expect(ready).to_contain_text("Ready")
    await expect(talking).to_contain_text("In a call")
    await expect(talking.locator("time")).to_have_text(re.compile(r"^2:\d\d$"))
    await expect(talking).to_contain_text("“No, that is not possible.”")
    await expect(talking).to_contain_text("1 bare")
    await expect(talking).to_contain_text("Say what you can do instead")
    assert await talking.locator(".mark[data-lit=true]").count() == 1
    assert await talking.locator(".mark[data-lit=false]").count() == 3
    await expect(board.locator("#census")).to_have_text("2 agents · 1 in a call")


async def test_an_empty_wall_says_whether_there_are_agents_at_all(floor: FloorStage, board: Page) -> None:
    await enter(floor, board)
    await expect(board.locator("#wall-empty")).to_contain_text("Nobody of your teams is here yet.")
    floor.users = [user for user in floor.users if user["role"] != "agent"]
    await board.evaluate("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    await expect(board.locator("#wall-empty")).to_have_text("No agents yet. Invite the first one.")


async def test_a_change_is_shown_and_one_who_left_goes(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva"), floors.card(1, name="Ben Costa"))
    await enter(floor, board)
    await floor.change(floors.card(0, state="paused", name="Ana Silva"))
    await expect(board.locator(".card").first).to_contain_text("Paused")
    await floor.change(gone=("agent-1",))
    await expect(board.locator(".card")).to_have_count(1)


async def test_one_who_needs_help_comes_first_once_no_hand_is_on_the_wall(floor: FloorStage, board: Page) -> None:
    floor.put(*[floors.card(number) for number in range(6)])
    await enter(floor, board)
    before = await names(board)
    await hold(board, board.locator(".card").nth(2))
    number = 5
    await floor.alert(floors.alert(number))
    await expect(board.locator(".card[data-level=middle]")).to_have_count(1)
    assert await names(board) == before
    await expect(board.locator("#sort-now")).to_be_enabled()
    await rest(board)
    name = floors.card(number).name
    await expect(board.locator(".card-open").first).to_have_text(name)
    assert sorted(await names(board)) == sorted(before)


async def test_cards_are_sorted_on_demand_under_a_resting_hand(floor: FloorStage, board: Page) -> None:
    floor.put(*[floors.card(number) for number in range(6)])
    await enter(floor, board)
    await hold(board, board.locator(".card").nth(2))
    await floor.alert(floors.alert(5))
    await expect(board.locator(".card[data-level=middle]")).to_have_count(1)
    await board.locator("#sort-now").dispatch_event("click")
    await expect(board.locator(".card-open").first).to_have_text(floors.card(5).name)
    await expect(board.locator("#sort-now")).to_be_disabled()


async def test_the_filter_by_words_team_state_and_need(floor: FloorStage, board: Page) -> None:
    floor.put(
        floors.card(0, name="Ana Silva"),
        floors.card(1, "Billing", name="Ben Costa", state="ready"),
        floors.card(2, "Billing", name="Carla Petrov", moment=floors.no(2)),
    )
    raised = floors.alert(2, team="Billing")
    floor.alerts[raised.id] = raised
    await enter(floor, board)
    await board.keyboard.press("/")
    await expect(board.locator("#filter-text")).to_be_focused()
    await board.keyboard.type("refund")
    await expect(board.locator(".card-open")).to_have_text(["Carla Petrov"])
    await board.keyboard.press("Escape")
    await expect(board.locator(".card")).to_have_count(3)
    await board.select_option("#filter-state", "ready")
    await expect(board.locator(".card-open")).to_have_text(["Ben Costa"])
    await board.click("#filter-reset")
    await board.select_option("#filter-team", "Front desk")
    await expect(board.locator(".card-open")).to_have_text(["Ana Silva"])
    await board.select_option("#filter-team", "")
    await board.click("#filter-help")
    await expect(board.locator(".card-open")).to_have_text(["Carla Petrov"])
    await board.fill("#filter-text", "nobody of that name")
    await expect(board.locator("#wall-empty")).to_have_text("Nobody fits the filter.")


async def test_a_team_that_was_folded_away_stays_so_and_says_who_needs_help(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0), floors.card(1, "Billing"))
    await enter(floor, board)
    await board.get_by_role("button", name="Front desk").click()
    await expect(board.locator(".card:visible")).to_have_count(1)
    await board.reload()
    await floor.joined(board)
    await expect(board.locator(".card:visible")).to_have_count(1)
    await floor.alert(floors.alert(0))
    await expect(board.get_by_role("button", name="Front desk")).to_contain_text("1 needs help")
    await expect(board.get_by_role("button", name="Front desk")).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize(("agents", "density"), [(50, "roomy"), (61, "compact"), (201, "dense")])
async def test_the_more_agents_the_smaller_the_cards(floor: FloorStage, board: Page, agents: int, density: str) -> None:
    floor.put(*floors.floor(agents, 4))
    await enter(floor, board)
    await expect(board.locator("#wall")).to_have_attribute("data-density", density)
    await expect(board.locator(".card")).to_have_count(agents)


async def test_agents_that_are_made_up_are_marked(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, sample=True), floors.card(1))
    await enter(floor, board)
    await expect(board.locator("#sample")).to_be_visible()
    await expect(board.locator(".badge:visible")).to_have_text(["Sample"])
    await floor.change(floors.card(0))
    await expect(board.locator("#sample")).to_be_hidden()


async def test_a_change_of_some_of_500_touches_their_cards_alone(floor: FloorStage, board: Page) -> None:
    cards = floors.floor(500, 10)
    floor.put(*cards)
    await enter(floor, board)
    await expect(board.locator(".card")).to_have_count(500)
    await board.evaluate(
        """() => {
            window.touched = new Set(); window.made = 0; window.frames = 0;
            const frame = window.requestAnimationFrame.bind(window);
            window.requestAnimationFrame = (draw) => frame((at) => { window.frames += 1; draw(at); });
            new MutationObserver((records) => {
                for (const { target, addedNodes } of records) {
                    const card = (target.nodeType === 1 ? target : target.parentElement)?.closest('.card');
                    if (card) window.touched.add(card);
                    for (const node of addedNodes) if (node.nodeType === 1 && node.matches('.card')) window.made += 1;
                }
            }).observe(document.querySelector('#teams'), {
                subtree: true, childList: true, characterData: true, attributes: true,
            });
        }"""
    )
    some = [card for card in cards if card.state == "on"][:20]
    await floor.say(
        *(
            wire.Wall(
                now=now(),
                teams=(
                    wire.TeamCards(
                        team=card.team, cards=(card.model_copy(update={"noes": 3, "unrepaired": turn + 2}),)
                    ),
                ),
            )
            for turn, card in enumerate(some)
        )
    )
    await expect(board.locator(".card-bare", has_text="21 bare")).to_have_count(1)
    names_ = await board.evaluate("[...window.touched].map((card) => card.querySelector('.card-open').textContent)")
    changed = {card.name for card in some}
    assert changed <= set(names_)
    assert await board.evaluate("window.made") == 0
    assert await board.evaluate("window.frames") <= len(some) + 2
    # Beside the changed ones only clocks may have gone on, of cards that are seen.
    seen = await board.evaluate(
        """() => [...document.querySelectorAll('.card')]
            .filter((card) => card.getBoundingClientRect().top < innerHeight + 120).length"""
    )
    assert len(names_) <= len(changed) + seen < len(cards)


# --- alerts -----------------------------------------------------------------------------------------------------------


async def test_an_alert_says_who_why_and_what_and_is_counted_in_the_tab(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(2, name="Carla Petrov"))
    await enter(floor, board)
    await expect(board.locator("#alerts-none")).to_be_visible()
    calm = await board.locator("link[rel=icon]").get_attribute("href")
    await floor.alert(floors.alert(2, "wants_to_cancel"))
    alert = board.locator("#alerts-open .alert")
    for said in ("Wants to cancel", "Carla Petrov · Front desk", "“I can't refund that.”", "Reason, Alternative"):
        await expect(alert).to_contain_text(said)
    await expect(alert).to_contain_text("They asked: “I would like my money back for the night.”")
    await expect(alert).to_have_attribute("data-level", "high")
    await expect(board).to_have_title("(1) Floor · voiceassist")
    assert await board.locator("link[rel=icon]").get_attribute("href") != calm
    await expect(board.locator("#spoken-alerts")).to_contain_text("Carla Petrov, wants to cancel")
    await expect(board.locator("#needs")).to_have_text("1 needs help")


async def test_acknowledge(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0))
    await enter(floor, board)
    raised = floors.alert(0)
    await floor.alert(raised)
    await board.click("#alerts-open .primary")
    assert await floor.asked(wire.AlertAck) == wire.AlertAck(id=raised.id, call="call-0")
    await expect(board.locator("#alerts-open .primary")).to_be_disabled()
    await floor.alert(raised.model_copy(update={"state": "acknowledged", "by": "Mara Holt"}))
    await rest(board)
    await expect(board.locator("#alerts-open .alert")).to_have_count(0)
    await expect(board.locator("#alerts-done")).to_contain_text("Acknowledged by you")
    await expect(board).to_have_title("Floor · voiceassist")
    await expect(board.locator(".card")).to_have_attribute("data-level", "")


@pytest.mark.parametrize(
    ("choice", "span"), [("1 min", 60.0), ("5 min", 300.0), ("15 min", 900.0), ("This call", "call")]
)
async def test_snooze(floor: FloorStage, board: Page, choice: str, span: wire.SnoozeFor) -> None:
    floor.put(floors.card(0))
    await enter(floor, board)
    await floor.alert(floors.alert(0))
    await board.get_by_role("button", name="Snooze this alert").click()
    await board.get_by_role("button", name=choice, exact=True).click()
    asked = await floor.asked(wire.AlertSnooze)
    assert (asked.id, asked.call, asked.for_) == ("call-0-a1", "call-0", span)


async def test_assign_to_me_or_to_a_colleague_by_name(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0), floors.card(1))
    await enter(floor, board)
    first, second = floors.alert(0, ago=1), floors.alert(1, ago=9)
    await floor.alert(first)
    await floor.alert(second)
    await board.locator(".alert").nth(0).get_by_role("button", name="Assign this alert").click()
    await board.get_by_role("button", name="To me").click()
    assert (await floor.asked(wire.AlertAssign)).to == "mara.holt"
    await floor.alert(first.model_copy(update={"state": "assigned", "by": "Mara Holt", "to": "mara.holt"}))
    await expect(board.locator("#alerts-open .alert").nth(0)).to_contain_text("Assigned to you by you")
    await board.locator(".alert").nth(1).get_by_role("button", name="Assign this alert").click()
    await board.get_by_role("combobox", name="Name of a supervisor").fill("Jon Reed")
    await board.keyboard.press("Enter")
    assert (await floor.asked(wire.AlertAssign)).to == "jon.reed"
    await floor.alert(second.model_copy(update={"state": "assigned", "by": "Mara Holt", "to": "jon.reed"}))
    await rest(board)
    await expect(board.locator("#alerts-done")).to_contain_text("With Jon Reed, assigned by you")


async def test_a_new_alert_moves_no_button_that_a_hand_is_on(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0), floors.card(1))
    await enter(floor, board)
    await floor.alert(floors.alert(0, ago=30))
    button = board.locator("#alerts-open .primary").first
    await hold(board, button)
    before = await button.bounding_box()
    await floor.alert(floors.alert(1, ago=1))
    await expect(board.locator("#alerts-fresh")).to_have_text("1 new alert")
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    await expect(board.locator("#spoken-alerts")).to_contain_text(floors.card(1).name)
    assert await button.bounding_box() == before
    await board.locator("#alerts-fresh").dispatch_event("click")
    await expect(board.locator("#alerts-open .alert")).to_have_count(2)
    await expect(board.locator("#alerts-open .alert").first).to_contain_text(floors.card(1).name)


async def test_a_whisper_from_an_alert_opens_no_call(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0))
    await enter(floor, board)
    await floor.alert(floors.alert(0))
    await board.get_by_role("button", name="Whisper to the agent").click()
    await board.keyboard.type("Take your time.")
    await board.keyboard.press("Enter")
    whisper = await floor.asked(wire.SendWhisper)
    assert (whisper.call, whisper.text) == ("call-0", "Take your time.")
    await expect(board.locator("#notices")).to_contain_text("Take your time.")
    await expect(board.locator("#call")).to_be_hidden()


# --- an opened call ---------------------------------------------------------------------------------------------------


async def test_an_opened_call_shows_its_words_and_noes_as_they_come(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva"), floors.card(1))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await enter(floor, board)
    await board.get_by_role("button", name="Ana Silva").click()
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call="call-0")
    panel = board.locator("#call")
    await expect(panel.locator("#call-title")).to_be_focused()
    await expect(panel.locator("#call-logged")).to_contain_text("written down, and Ana Silva sees that you listen in")
    await expect(panel.locator(".line")).to_have_count(4)
    await expect(panel.locator(".who").first).to_contain_text("Ana Silva")
    await expect(panel.locator(".entry")).to_contain_text("Say what you can do instead")
    assert await panel.get_by_role("button", name="Helpful").count() == 0  # thumbs are the agent's
    line = scenes.said("agent", 26.0, "Let me see what I can do.")
    await floor.say(line.model_copy(update={"call": "call-0"}), line.model_copy(update={"call": "call-1"}))
    await expect(panel.locator(".line")).to_have_count(5)
    await floor.say(
        scenes.moment("recovered", "call-0-m1", "reason", "alternative").model_copy(update={"call": "call-0"})
    )
    await expect(panel.locator(".entry")).to_contain_text("Recovered after the nudge")
    await floor.say(scenes.ended().model_copy(update={"call": "call-0"}))
    await expect(panel.locator("#call-over")).to_contain_text("The call is over. 2 of 3 noes were mended.")


async def test_a_call_that_is_open_lasts_as_long_as_its_card_says(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva", call_since=now() - timedelta(minutes=17)))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await enter(floor, board)
    await board.get_by_role("button", name="Ana Silva").click()
    await expect(board.locator("#call-about")).to_have_text(re.compile(r"^Front desk · in this call for 17:\d\d$"))


async def test_an_alert_of_another_call_is_seen_where_the_call_lies_over_the_list(
    floor: FloorStage, board: Page
) -> None:
    floor.put(floors.card(0, name="Ana Silva"), floors.card(1, name="Ben Costa"), floors.card(2, name="Carla Petrov"))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await board.set_viewport_size({"width": 1280, "height": 800})
    await enter(floor, board)
    await board.get_by_role("button", name="Ana Silva").click()
    await expect(board.locator("#call .line")).to_have_count(4)
    others = board.locator("#call-others")
    await floor.alert(floors.alert(0))
    await expect(board.locator("#call-alerts .alert")).to_have_count(1)
    await expect(others).to_be_hidden()
    send = board.locator("#whisper-send")
    before = await send.bounding_box()
    await floor.alert(floors.alert(1, ago=9))
    await expect(others).to_have_text("Ben Costa: asked for a manager")
    await floor.alert(floors.alert(2, "wants_to_cancel", ago=1))
    await expect(others).to_have_text("Carla Petrov: wants to cancel · 1 more alert")
    await expect(others).to_be_visible()
    assert await send.bounding_box() == before
    await others.click()
    await expect(board.locator("#call")).to_be_hidden()
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call="call-0")
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call=None)
    await expect(board.locator("#alerts-open .alert").first).to_be_focused()
    await board.set_viewport_size({"width": 1440, "height": 800})
    await board.get_by_role("button", name="Ana Silva").click()
    await expect(board.locator("#call")).to_be_visible()
    await expect(others).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 800])
async def test_esc_closes_the_call_and_the_focus_returns(floor: FloorStage, board: Page, width: int) -> None:
    floor.put(floors.card(0, name="Ana Silva"))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await board.set_viewport_size({"width": width, "height": 800})
    await enter(floor, board)
    card = board.get_by_role("button", name="Ana Silva")
    await card.focus()
    await board.keyboard.press("Enter")
    await expect(board.locator("#call-title")).to_be_focused()
    assert await board.evaluate("document.querySelector('#call').matches(':modal')") == (width < 1400)
    await floor.asked(wire.Subscribe)
    await board.keyboard.press("Escape")
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call=None)
    await expect(board.locator("#call")).to_be_hidden()
    await expect(card).to_be_focused()


async def test_a_whisper_is_sent_and_known_to_be_read(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva"))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await enter(floor, board)
    await board.get_by_role("button", name="Ana Silva").click()
    await board.get_by_role("button", name="Offer a call back today.").click()
    await expect(board.locator("#whisper-text")).to_be_focused()
    await board.keyboard.press("Enter")
    whisper = await floor.asked(wire.SendWhisper)
    assert (whisper.call, whisper.text) == ("call-0", "Offer a call back today.")
    await expect(board.locator("#whisper-sent")).to_contain_text("sent")
    await floor.say(wire.Whisper(call="call-0", id=whisper.id, text="Offer a call back today.", by="Mara Holt"))
    await expect(board.locator("#whisper-sent")).to_contain_text("passed on")


async def test_an_agent_in_no_call_is_said_to_be(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva", state="ready"))
    await enter(floor, board)
    await board.get_by_role("button", name="Ana Silva").click()
    await expect(board.locator("#notices")).to_contain_text("Ana Silva is in no call now.")
    await expect(board.locator("#call")).to_be_hidden()


async def test_the_next_call_of_an_agent_is_opened_on_demand(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva"))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await enter(floor, board)
    await board.get_by_role("button", name="Ana Silva").click()
    await floor.asked(wire.Subscribe)
    await expect(board.locator("#call .line")).to_have_count(4)
    await floor.change(floors.card(0, name="Ana Silva", call="call-99"))
    await expect(board.locator("#call-over")).to_contain_text("The call is over.")
    await expect(board.locator("#whisper-send")).to_be_disabled()
    await board.get_by_role("button", name="Open the new call").click()
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call="call-99")


# --- the connection ---------------------------------------------------------------------------------------------------


async def test_a_lost_connection_is_said_and_the_wall_greys_and_comes_back(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva"))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await enter(floor, board)
    await floor.alert(floors.alert(0))
    await board.get_by_role("button", name="Ana Silva").click()
    await floor.asked(wire.Subscribe)
    await floor.go()
    await expect(board.locator("#link")).to_have_attribute("data-state", "lost")
    await expect(board.locator("#link-text")).to_contain_text("Not connected")
    await expect(board.locator("#floor")).to_have_attribute("data-stale", "true", timeout=12_000)
    await expect(board.locator("#alerts-open .primary")).to_be_disabled()
    await expect(board).to_have_title("✕ Not connected · (1) Floor · voiceassist")
    await floor.come_back()
    await expect(board.locator("#link")).to_have_attribute("data-state", "live", timeout=20_000)
    await expect(board.locator("#floor")).to_have_attribute("data-stale", "false")
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call="call-0")
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    await expect(board.locator("#alerts-open .primary")).to_be_enabled()


async def test_an_error_is_said_in_one_line(floor: FloorStage, board: Page) -> None:
    await enter(floor, board)
    await floor.say(wire.Error(code="forbidden", message="that is not your team"))
    await expect(board.locator("#notices")).to_contain_text("that is not your team (forbidden)")


# --- the keyboard -----------------------------------------------------------------------------------------------------


async def test_the_wall_is_one_stop_of_tab_and_keys_go_from_card_to_card(floor: FloorStage, board: Page) -> None:
    floor.put(*[floors.card(number, name=f"Agent {number}") for number in range(12)])
    await enter(floor, board)
    assert await board.locator(".card-open[tabindex='0']").count() == 1

    async def focused() -> str:
        return await board.evaluate("document.activeElement.textContent")

    await board.keyboard.press("j")
    assert await focused() == "Agent 0"
    await board.keyboard.press("j")
    await board.keyboard.press("ArrowRight")
    assert await focused() == "Agent 2"
    await board.keyboard.press("k")
    await board.keyboard.press("ArrowLeft")
    assert await focused() == "Agent 0"
    columns = await board.evaluate(
        "getComputedStyle(document.querySelector('.cards')).gridTemplateColumns.split(' ').length"
    )
    await board.keyboard.press("ArrowDown")
    assert await focused() == f"Agent {columns}"
    await board.keyboard.press("ArrowUp")
    assert await focused() == "Agent 0"
    assert await board.locator(".card-open[tabindex='0']").count() == 1


async def test_keys_act_on_the_alert_that_has_the_focus_or_on_none(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0, name="Ana Silva"), floors.card(1, name="Ben Costa"))
    floor.snapshots["call-0"] = floors.snapshot(0)
    await enter(floor, board)
    await floor.alert(floors.alert(0, ago=9))
    await floor.alert(floors.alert(1, ago=1))
    await expect(board.locator("#alerts-open .alert")).to_have_count(2)
    await board.keyboard.press("a")
    await expect(board.locator("#notices")).to_contain_text("Choose an agent or an alert first")
    assert floor.commands.empty()
    await board.keyboard.press("n")
    await board.keyboard.press("a")
    assert (await floor.asked(wire.AlertAck)).id == "call-1-a1"
    await board.keyboard.press("j")
    await board.keyboard.press("s")
    await board.get_by_role("button", name="5 min", exact=True).focus()
    await board.keyboard.press("Escape")
    await board.keyboard.press("Escape")
    await board.get_by_role("button", name="Ana Silva").focus()
    await board.keyboard.press("a")
    assert (await floor.asked(wire.AlertAck)).id == "call-0-a1"
    await board.keyboard.press("w")
    await expect(board.locator("#whisper-text")).to_be_focused()
    await expect(board.locator("#whisper-text")).to_have_value("")


async def test_the_keys_are_listed_and_mute_is_one_of_them(floor: FloorStage, board: Page) -> None:
    await enter(floor, board)
    await board.keyboard.press("m")
    await expect(board.locator("#silence")).to_have_text("Muted")
    await board.keyboard.press("m")
    await expect(board.locator("#silence")).not_to_have_text("Muted")
    await board.keyboard.press("?")
    await expect(board.locator("#help")).to_be_visible()
    await expect(board.locator("#help-keys")).to_contain_text("Acknowledge the alert")


# --- what was said is only ever text ----------------------------------------------------------------------------------


async def test_what_was_said_never_becomes_markup(floor: FloorStage, board: Page) -> None:
    moment = floors.no(0).model_copy(update={"quote": EVIL, "asked": EVIL, "missing": (EVIL,)})
    nudge = floors.hint().model_copy(update={"text": EVIL})
    floor.put(floors.card(0, EVIL, name=EVIL, moment=moment, nudge=nudge))
    words = wire.Transcript(call="call-0", channel=Channel.CUSTOMER, start=0, end=1, text=EVIL, final=True)
    told = scenes.moment("open", "call-0-m1", quote=EVIL, asked=EVIL)
    floor.snapshots["call-0"] = floors.snapshot(0).model_copy(update={"transcripts": (words,), "moments": (told,)})
    await enter(floor, board)
    await floor.alert(floors.alert(0, team=EVIL, quote=EVIL, asked=EVIL, missing=(EVIL,)))
    await floor.alert(floors.alert(1, id=EVIL, agent=EVIL, state="acknowledged", by=EVIL))
    await board.locator(".card-open").first.click()
    await expect(board.locator("#call .line")).to_contain_text(EVIL)
    await board.fill("#whisper-text", EVIL)
    await board.keyboard.press("Enter")
    await expect(board.locator("#whisper-sent")).to_contain_text(EVIL)
    await floor.say(wire.Whisper(call="call-0", text=EVIL, by=EVIL), wire.Error(code="x", message=EVIL))
    await expect(board.locator("#notices")).to_contain_text(EVIL)
    await expect(board.locator("#alerts-done")).to_contain_text(EVIL)
    async with asyncio.timeout(20):
        assert await board.evaluate("document.querySelectorAll('img, #floor script').length") == 0
    assert await board.evaluate("window.hurt") is None
