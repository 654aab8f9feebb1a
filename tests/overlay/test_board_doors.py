"""What stands around the board: the login, invitations, settings of alarms, and the trend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from overlay.floor_stage import HELLO, PASSWORD, USER, FloorStage
from playwright.async_api import Browser, BrowserContext, Page, expect

from overlay import floors
from voiceassist.server import messages as wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPY = """
window.tones = 0; window.shown = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { window.tones += 1; return start.apply(this, at); };
window.Notification = class extends EventTarget {
    static permission = 'granted';
    static asked = 0;
    static async requestPermission() { Notification.asked += 1; return 'granted'; }
    constructor(title, options) { super(); window.shown.push([title, options.body]); window.last = this; }
    close() {}
};
"""
"""Counts notes and notifications: a browser without a screen shows none."""


@pytest_asyncio.fixture(loop_scope="session")
async def floor(browser: Browser) -> AsyncIterator[FloorStage]:
    del browser
    async with FloorStage() as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    made = await browser.new_context(viewport={"width": 1280, "height": 800})
    await made.add_init_script(SPY)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def board(context: BrowserContext) -> AsyncIterator[Page]:
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert errors == []


async def enter(floor: FloorStage, page: Page) -> None:
    await page.goto(floor.address)
    await floor.joined(page)


async def posted(floor: FloorStage, what: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            kind, body = await floor.posted.get()
            if kind == what:
                return body


# --- the login --------------------------------------------------------------------------------------------------------


async def log_in(page: Page, user: str = USER, password: str = PASSWORD) -> None:
    await page.get_by_role("textbox", name="Name", exact=True).fill(user)
    await page.get_by_role("textbox", name="Password").fill(password)
    await page.keyboard.press("Enter")


async def test_a_name_and_a_password_open_the_floor_and_one_may_leave(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0))
    await board.goto(floor.board)
    await expect(board.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    await expect(board.locator("#floor")).to_be_hidden()
    await log_in(board, "  Mara.Holt ")
    await floor.joined(board)
    await expect(board.locator(".card")).to_have_count(1)
    await board.click("#account")
    await expect(board.locator("#whose")).to_have_text("Mara Holt")
    await board.click("#leave")
    await expect(board.locator("#login")).to_be_visible()
    await expect(board.locator("#floor")).to_be_hidden()
    await expect(board.get_by_role("textbox", name="Password")).to_have_value("")
    await board.reload()
    await expect(board.locator("#login")).to_be_visible()


async def test_a_wrong_password_and_a_pause_are_said_kindly(floor: FloorStage, board: Page) -> None:
    await board.clock.install()
    await board.goto(floor.board)
    await log_in(board, password="wrong")
    await expect(board.locator("#login-said")).to_have_text(
        "That name and password do not belong together. Please try again."
    )
    floor.wait = 30
    await log_in(board)
    await expect(board.locator("#login-said")).to_have_text("Too many tries. You can try again in 30 seconds.")
    await expect(board.locator("#login-enter")).to_be_disabled()
    floor.wait = None
    await board.clock.fast_forward(30_000)
    await expect(board.locator("#login-said")).to_have_text("You can try again now.")
    await log_in(board)
    await expect(board.locator("#floor")).to_be_visible()


async def test_a_link_works_once_and_leaves_the_address(floor: FloorStage, board: Page) -> None:
    address = floor.address
    await board.goto(address)
    await floor.joined(board)
    assert await board.evaluate("location.hash") == ""
    floor.end_sessions()
    await board.goto("about:blank")
    await board.goto(address)
    await expect(board.locator("#login-said")).to_contain_text("used already, or is too old")


async def test_a_second_link_in_the_same_tab_is_used_too(floor: FloorStage, board: Page) -> None:
    await enter(floor, board)
    floor.end_sessions()
    await enter(floor, board)
    await expect(board).to_have_url(floor.board)


async def test_the_organisations_login_is_offered_where_there_is_one(floor: FloorStage, board: Page) -> None:
    await board.goto(floor.board)
    await expect(board.locator("#login")).to_be_visible()
    await expect(board.locator("#login-elsewhere")).to_be_hidden()
    floor.oidc = True
    await board.reload()
    await expect(board.get_by_role("link", name="Log in with your organisation")).to_have_attribute(
        "href", "login/oidc"
    )


async def test_an_agent_is_told_whom_the_page_is_for_and_never_joins(floor: FloorStage, board: Page) -> None:
    await board.goto(floor.board)
    await log_in(board, "ana.silva")
    await expect(board.get_by_role("heading", name="This page is for supervisors")).to_be_visible()
    await board.click("#stranger-leave")
    await expect(board.locator("#login")).to_be_visible()


async def test_a_session_that_is_over_leads_to_the_login_and_back(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0))
    await enter(floor, board)
    await board.click("#settings-open")
    floor.end_sessions()
    await floor.go()
    await floor.come_back()
    await expect(board.locator("#login")).to_be_visible(timeout=20_000)
    await expect(board.locator("#settings")).to_be_hidden()
    await log_in(board)
    await expect(board.locator(".card")).to_have_count(1)


# --- invitations ------------------------------------------------------------------------------------------------------


async def test_an_invitation_is_made_copied_and_forgotten(
    floor: FloorStage, board: Page, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    floor.put(floors.card(0))
    await enter(floor, board)
    await board.click("#invite-open")
    await board.get_by_role("button", name="Make a link").click()
    assert await posted(floor, "invite") == {"role": "agent", "team": "Front desk"}
    await expect(board.locator("#invite-link")).to_have_value(f"{floor.board}#i=once")
    await expect(board.locator("#invite-said")).to_contain_text("It works once, until ")
    await board.get_by_role("button", name="Copy").click()
    await expect(board.locator("#invite-said")).to_have_text("Copied.")
    assert await board.evaluate("navigator.clipboard.readText()") == f"{floor.board}#i=once"
    await board.locator("#invite-close").click()
    await board.click("#invite-open")
    await expect(board.locator("#invite-made")).to_be_hidden()
    await expect(board.locator("#invite-link")).to_have_value("")


async def test_who_is_invited_chooses_a_name_and_a_password(floor: FloorStage, board: Page) -> None:
    await board.goto(f"{floor.board}#i=once")
    assert await board.evaluate("location.hash") == ""
    await expect(board.locator("#accept-from")).to_contain_text("Mara Holt invites you to the team Front desk.")
    await board.get_by_label("Login name").fill("taken")
    await board.get_by_label("Your name").fill("Nia Brook")
    await board.get_by_role("textbox", name="Password").fill("short")
    await board.get_by_role("button", name="Make my account").click()
    await expect(board.locator("#accept-said")).to_contain_text("at least 12 characters")
    await board.get_by_role("textbox", name="Password").fill(PASSWORD)
    await board.get_by_role("button", name="Make my account").click()
    await expect(board.locator("#accept-said")).to_have_text("That login name is taken. Please choose another one.")
    await board.get_by_label("Login name").fill("Nia.Brook")
    await board.get_by_role("button", name="Make my account").click()
    await expect(board.get_by_role("heading", name="Your account is ready")).to_be_visible()
    assert await posted(floor, "accept")
    wanted = {"token": "once", "user": "nia.brook", "name": "Nia Brook", "password": PASSWORD}
    assert await posted(floor, "accept") == wanted
    await expect(board.locator("#joined-user")).to_have_text("nia.brook")
    await expect(board.locator("#joined-command")).to_have_text(f'voiceassist join "{floor.server.url}/#m=once"')
    await expect(board.locator("#joined-listen")).to_contain_text(floor.server.url.replace("http", "ws"))


async def test_a_new_agent_copies_what_to_start_and_is_led_to_own_calls(
    floor: FloorStage, board: Page, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await board.goto(f"{floor.board}#i=once")
    await board.get_by_label("Login name").fill("nia.brook")
    await board.get_by_label("Your name").fill("Nia Brook")
    await board.get_by_role("textbox", name="Password").fill(PASSWORD)
    await board.get_by_role("button", name="Make my account").click()
    for command in ("joined-command", "joined-listen"):
        await expect(board.locator(f"#{command}")).not_to_be_empty()
        copy = board.locator(f"[data-copies={command}]")
        await copy.click()
        await expect(copy).to_have_text("Copied")
        assert await board.evaluate("navigator.clipboard.readText()") == await board.locator(f"#{command}").inner_text()
    await expect(board.get_by_role("link", name="Look back at your calls")).to_have_attribute("href", "records")


async def test_where_the_link_of_an_invitation_leads_to_is_in_sight(floor: FloorStage, board: Page) -> None:
    await board.set_viewport_size({"width": 340, "height": 700})
    await enter(floor, board)
    await board.click("#invite-open")
    await board.get_by_role("button", name="Make a link").click()
    link = board.locator("#invite-link")
    await expect(link).to_be_focused()
    assert await link.evaluate("node => [node.scrollLeft, node.scrollWidth > node.clientWidth]") == [0, True]


async def test_who_is_invited_may_use_the_organisations_login(floor: FloorStage, board: Page) -> None:
    await board.goto(f"{floor.board}#i=once")
    await expect(board.locator("#accept-from")).to_contain_text("Mara Holt")
    await expect(board.locator("#accept-elsewhere")).to_be_hidden()
    floor.oidc = True
    await board.goto("about:blank")
    await board.goto(f"{floor.board}#i=once")
    await board.get_by_role("button", name="Use your organisation’s login").click()
    await expect(board.get_by_role("heading", name="Your account is ready")).to_be_visible()
    assert await posted(floor, "elsewhere") == {"token": "once"}
    await expect(board.locator("#joined-user")).to_have_text("mara.holt")
    await expect(board.locator("#joined-command")).to_have_text(f'voiceassist join "{floor.server.url}/#m=once"')
    assert await board.evaluate("location.hash") == ""


async def test_an_invitation_that_is_used_is_said_to_be_at_once(floor: FloorStage, board: Page) -> None:
    await board.goto(f"{floor.board}#i=old")
    await expect(board.locator("#accept-said")).to_contain_text("used already, or is too old")


# --- how alerts make themselves known ---------------------------------------------------------------------------------


async def test_the_first_press_lets_sounds_out_and_does_what_it_is_meant_to(floor: FloorStage, board: Page) -> None:
    await board.set_viewport_size({"width": 420, "height": 860})
    await enter(floor, board)
    await expect(board.locator("#silence")).to_have_text("Sound begins once you press something here")
    tab = board.locator("#show-alerts")
    await tab.hover()
    before = await tab.bounding_box()
    await board.mouse.down()
    await board.evaluate("new AudioContext().resume()")  # by then the page's own would be let out, too
    assert await tab.bounding_box() == before
    await board.mouse.up()
    await expect(tab).to_have_attribute("aria-pressed", "true")
    await expect(board.locator("#silence")).to_have_text("")


@pytest.mark.parametrize(("why", "notes"), [("second_unrepaired", 1), ("asked_for_manager", 2), ("wants_to_cancel", 4)])
async def test_each_severity_has_a_sound_of_its_own(floor: FloorStage, board: Page, why: str, notes: int) -> None:
    floor.put(floors.card(0))
    await enter(floor, board)
    await board.mouse.click(600, 5)
    await expect(board.locator("#silence")).to_have_text("")
    await floor.alert(floors.alert(0, why))
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    assert await board.evaluate("window.tones") == 2 * notes  # each with its overtone
    await floor.alert(floors.alert(0, why, quote="No."))
    await expect(board.locator("#alerts-open .alert")).to_contain_text("“No.”")
    assert await board.evaluate("window.tones") == 2 * notes  # the same alert is no news


async def test_the_sounds_can_be_heard_and_do_not_clip(floor: FloorStage, board: Page) -> None:
    await enter(floor, board)
    peaks = await board.evaluate(
        """async () => {
            const { compose } = await import('/js/board/sounds.js');
            return Promise.all(['low', 'middle', 'high'].map(async (severity) => {
                const audio = new OfflineAudioContext(1, 2 * 44100, 44100);
                compose(audio, severity, 0);
                const samples = (await audio.startRendering()).getChannelData(0);
                return [Math.max(...samples.map(Math.abs)), Math.abs(samples.at(-1))];
            }));
        }"""
    )
    for peak, end in peaks:
        assert 0.05 < peak < 0.5
        assert end < 0.001


async def test_what_was_raised_long_ago_makes_no_sound_for_who_comes_now(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0), floors.card(1))
    old = floors.alert(0, ago=300)
    floor.alerts[old.id] = old
    await enter(floor, board)
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    await expect(board.locator("#spoken-alerts")).to_have_text("")
    await floor.alert(floors.alert(1))
    await expect(board.locator("#spoken-alerts")).to_contain_text("asked for a manager")


async def test_a_notification_tells_who_and_why_but_nothing_that_was_said(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(2, name="Carla Petrov"))
    await enter(floor, board)
    await floor.alert(floors.alert(2, "wants_to_cancel"))
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    assert await board.evaluate("window.shown") == [["Carla Petrov: wants to cancel", "Front desk"]]
    await board.evaluate("window.last.dispatchEvent(new Event('click'))")
    assert await floor.asked(wire.Subscribe) == wire.Subscribe(call="call-2")


async def test_ways_are_chosen_tested_and_remembered(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0), floors.card(1))
    await enter(floor, board)
    assert await board.evaluate("Notification.asked") == 0
    await board.click("#settings-open")
    await board.get_by_role("combobox", name="Important").select_option("notification")
    assert await board.evaluate("Notification.asked") == 1
    await board.get_by_role("button", name="Test Worth a look").click()
    await expect(board.locator("#settings-said")).to_contain_text("Played.")
    assert await board.evaluate("window.tones") == 2
    await board.get_by_role("button", name="Close", exact=True).click()
    await board.reload()
    await floor.joined(board)
    await board.click("#settings-open")
    await expect(board.get_by_role("combobox", name="Important")).to_have_value("notification")
    await board.keyboard.press("Escape")
    await floor.alert(floors.alert(0))
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    assert await board.evaluate("[window.tones, window.shown.length]") == [0, 1]


async def test_mute_and_quiet_hours_silence_everything_but_the_list(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0), floors.card(1))
    await board.clock.install()
    await enter(floor, board)
    await board.click("#mute")
    await board.get_by_role("button", name="For 15 minutes").click()
    await expect(board.locator("#silence")).to_have_text("Muted for 15 min")
    await floor.alert(floors.alert(0, "wants_to_cancel"))
    await expect(board.locator("#alerts-open .alert")).to_have_count(1)
    assert await board.evaluate("[window.tones, window.shown.length]") == [0, 0]
    await board.clock.fast_forward(15 * 60_000)
    await expect(board.locator("#silence")).to_have_text("")
    begin = await board.evaluate("new Date(Date.now() - 60_000).toTimeString().slice(0, 5)")
    end = await board.evaluate("new Date(Date.now() + 3_600_000).toTimeString().slice(0, 5)")
    await board.click("#settings-open")
    await board.get_by_label("No sound and no notification").check()
    await board.get_by_label("from").fill(begin)
    await board.get_by_label("to", exact=True).fill(end)
    await board.keyboard.press("Escape")
    await expect(board.locator("#silence")).to_have_text(f"Quiet until {end}")


# --- the trend --------------------------------------------------------------------------------------------------------


async def test_the_trend_is_drawn_and_stands_in_a_table(floor: FloorStage, board: Page) -> None:
    floor.hello = HELLO.model_copy(update={"teams": ("Billing", "Front desk")})
    floor.put(floors.card(0), floors.card(1, "Billing"))
    floor.trend = floors.trend(30)
    await enter(floor, board)
    await board.click("#trend-open")
    assert await posted(floor, "trend") == {"team": "Billing", "days": 30}
    await expect(board.locator("#trend .chart")).to_have_count(2)
    assert await board.locator("#trend .chart").first.locator("circle").count() == 29  # one day has nothing to say
    await board.get_by_text("As a table").click()
    await expect(board.locator("#trend tbody tr")).to_have_count(30)
    await expect(board.locator("#trend tbody tr", has_text="–")).to_have_count(1)
    await board.locator("#trend-team").select_option("Front desk")
    assert await posted(floor, "trend") == {"team": "Front desk", "days": 30}
    await board.locator("#trend-days").select_option("7")
    assert await posted(floor, "trend") == {"team": "Front desk", "days": 7}


async def test_of_few_noes_no_trend_is_drawn(floor: FloorStage, board: Page) -> None:
    floor.put(floors.card(0))
    floor.trend = {**floors.trend(30), "n": 19}
    await enter(floor, board)
    await board.click("#trend-open")
    await expect(board.locator("#trend-said")).to_contain_text("Too few noes to say anything: 19 of the 20")
    await expect(board.locator("#trend .chart")).to_have_count(0)


async def test_the_trend_is_of_teams_that_nobody_is_here_of(browser: Browser) -> None:
    async with FloorStage(hello=HELLO.model_copy(update={"role": "admin", "teams": ()})) as floor:
        floor.teams = ["Billing", "Front desk"]
        context = await browser.new_context()
        page = await context.new_page()
        await enter(floor, page)
        await page.click("#trend-open")
        assert await posted(floor, "trend") == {"team": "Billing", "days": 30}
        await expect(page.locator("#trend-team option")).to_have_text(["Billing", "Front desk"])
        await context.close()


async def test_without_any_team_no_trend_is_asked_for(browser: Browser) -> None:
    async with FloorStage(hello=HELLO.model_copy(update={"role": "admin", "teams": ()})) as floor:
        context = await browser.new_context()
        page = await context.new_page()
        await enter(floor, page)
        await page.click("#trend-open")
        await expect(page.locator("#trend-said")).to_have_text("There is no team yet.")
        await context.close()
