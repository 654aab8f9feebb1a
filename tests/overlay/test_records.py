"""Calls that are kept, looked through in a browser with the real hub behind: by a supervisor, and by an agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from overlay.kept_calls import FULL, address, enter, hub, keep
from overlay.reviews import HOSTILE, hostile
from playwright.async_api import Browser, Page, expect
from server.floor.conftest import PASSWORD, Town
from store.kept import ended, mine, moment, started

from voiceassist.accounts.visitor import CONSOLE
from voiceassist.core.types import MomentState

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", name="town")
async def hub_with_calls(browser: Browser, tmp_path: Path) -> AsyncIterator[Town]:
    del browser  # where there is none, no hub is needed either
    async with hub(tmp_path) as town:
        yield town


@pytest_asyncio.fixture(loop_scope="session", name="visit")
async def new_page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Europe/Lisbon")
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    yield page
    await context.close()
    assert errors == []


async def log(town: Town, did: str) -> list[tuple[str, str | None]]:
    entries = await asyncio.to_thread(town.hub.house.audit.entries)
    return [(entry.who, entry.call) for entry in entries if entry.did == did]


# --- a supervisor -----------------------------------------------------------------------------------------------------


async def test_a_supervisor_looks_through_calls_of_own_teams_and_opens_one(town: Town, visit: Page) -> None:
    await enter(visit, town, "sam")
    await expect(visit.locator("#list-said")).to_have_text("6 calls, the newest first.")
    await expect(visit.locator(".row")).to_have_count(6)
    await expect(visit.locator(".row", has_text="Bookings")).to_have_count(0)
    await expect(visit.locator("#sample")).to_be_hidden()
    assert await log(town, "read call") == []
    row = visit.locator(f".row[data-call={FULL}]")
    await expect(row).to_contain_text("Ada Brook Refunds 2:25 3 noes 2 nudges", use_inner_text=False)
    await row.click()
    await expect(visit.locator("#opened h1")).to_be_focused()
    await expect(visit.locator("#list")).to_be_hidden()
    await expect(visit.locator("#opened .no")).to_have_count(3)
    await expect(visit.locator(".said-line").first).to_contain_text("Ada Brook")
    await expect(visit.locator(".kept-alerts li")).to_have_count(2)
    await expect(visit.locator(".kept-alerts")).to_contain_text("Asked for a manager")
    assert await log(town, "read call") == [("sam", FULL)]
    await visit.get_by_role("link", name="All calls").click()
    await expect(row).to_be_focused()
    await expect(visit.locator("#opened")).to_be_empty()
    await visit.go_back()
    await expect(visit.locator("#opened .no")).to_have_count(3)
    await visit.reload()
    await expect(visit.locator("#opened .no")).to_have_count(3)


async def test_a_call_that_is_on_is_neither_read_here_nor_deleted(town: Town, visit: Page) -> None:
    async with town.connect("ada") as machine:
        await machine.publish(*mine(started("now"), moment(MomentState.OPEN, 2.0, "we are sold out"), call="now"))
        await machine.acked("now", 2)
        await enter(visit, town, "sam")
        row = visit.locator(".row[data-call=now]")
        await expect(row).to_contain_text("on now")
        await row.click()
        opened = visit.locator("#opened")
        await expect(opened).to_contain_text("This call is on")
        await expect(opened.get_by_role("link", name="To the board")).to_have_attribute("href", "board")
        await expect(opened).not_to_contain_text("sold out")
        await expect(visit.get_by_role("button", name="Delete this call")).to_have_count(0)
        assert ("sam", "now") not in await log(town, "read call")
        await machine.publish(*mine(ended(call="now"), call="now", first=3))
        await machine.acked("now", 3)
    await opened.get_by_role("button", name="Try again").click()
    await expect(opened).to_contain_text("sold out")
    assert ("sam", "now") in await log(town, "read call")


async def test_filters_find_and_are_taken_back(town: Town, visit: Page) -> None:
    await enter(visit, town, "root")
    rows, said = visit.locator(".row"), visit.locator("#list-said")
    await expect(rows).to_have_count(8)
    await visit.get_by_label("Words").fill("LATE FEE")
    await visit.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(said).to_have_text("1 call, the newest first.")
    await visit.get_by_role("button", name="Show all").click()
    await expect(rows).to_have_count(8)
    await expect(visit.get_by_label("Words")).to_be_focused()
    await visit.get_by_label("With").select_option("An alert")
    await expect(rows).to_have_count(1)
    await visit.get_by_label("With").select_option("A no left as it was")
    await expect(rows).to_have_count(3)
    await visit.get_by_label("Agent").fill("eve larsen")
    await visit.get_by_label("Team").select_option("Refunds")
    await expect(rows).to_have_count(1)
    await visit.get_by_role("button", name="Show all").click()
    await visit.get_by_label("Team").select_option("Bookings")
    await expect(rows).to_have_count(2)
    assert {who for who, _ in await log(town, "listed calls")} == {"root"}


async def test_days_are_those_of_the_reader_and_both_included(town: Town, visit: Page) -> None:
    store = town.hub.house.store
    for call, at in (
        ("before", datetime(2026, 3, 1, 23, 59, tzinfo=UTC)),
        ("first", datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ("last", datetime(2026, 3, 2, 23, 59, tzinfo=UTC)),
        ("after", datetime(2026, 3, 3, 0, 0, tzinfo=UTC)),
    ):
        await asyncio.to_thread(keep, store, [started(), ended()], "ada", at, call)
    await enter(visit, town, "sam")
    await visit.get_by_label("From").fill("2026-03-02")
    await visit.get_by_label("Up to").fill("2026-03-02")
    await expect(visit.locator(".row")).to_have_count(2)
    calls = [await row.get_attribute("data-call") for row in await visit.locator(".row").all()]
    assert calls == ["last", "first"]
    await expect(visit.get_by_role("heading", name="Monday, 2 March 2026")).to_be_visible()
    await visit.get_by_label("From").fill("2026-03-05")
    await expect(visit.locator("#list-said")).to_have_text("The first day lies after the last one.")
    await expect(visit.locator(".row")).to_have_count(0)


async def test_what_is_not_found_is_said_kindly(town: Town, visit: Page) -> None:
    await enter(visit, town, "sam")
    await visit.get_by_label("Words").fill("a giraffe")
    await visit.keyboard.press("Enter")
    await expect(visit.locator("#list-none")).to_contain_text("No call is like that.")
    await visit.goto(f"{town.url}/records#call=call-1")  # another team's
    await expect(visit.locator("#opened")).to_contain_text("was deleted, or belongs to another team")
    await enter(visit, town, "kim")
    for row in await visit.locator(".row").all():
        await expect(row).to_contain_text("Bookings")


async def test_more_than_a_page_of_calls_are_told_bit_by_bit(town: Town, visit: Page) -> None:
    def many() -> None:
        now = datetime.now(UTC) - timedelta(days=20)
        for number in range(50):
            at = now - timedelta(minutes=number)
            keep(town.hub.house.store, [started(), ended()], "ada", at, f"old-{number}")

    await asyncio.to_thread(many)
    await enter(visit, town, "sam")
    await expect(visit.locator(".row")).to_have_count(50)
    await expect(visit.locator("#list-said")).to_have_text("50 calls so far, the newest first.")
    await visit.get_by_role("button", name="Show more").click()
    await expect(visit.locator(".row")).to_have_count(56)
    await expect(visit.locator(".row").nth(50)).to_be_focused()
    await expect(visit.get_by_role("button", name="Show more")).to_be_hidden()
    headings = await visit.locator(".day h2").all_inner_texts()
    assert len(set(headings)) == len(headings)


async def test_a_call_is_deleted_once_that_is_sure(town: Town, visit: Page) -> None:
    await enter(visit, town, "sam")
    await visit.locator(f".row[data-call={FULL}]").click()
    await visit.get_by_role("button", name="Delete this call").click()
    await expect(visit.locator("#erase-which")).to_contain_text("Ada Brook, ")
    await expect(visit.get_by_role("button", name="Keep it")).to_be_focused()
    await visit.keyboard.press("Enter")
    await expect(visit.locator("#erase")).to_be_hidden()
    assert await log(town, "deleted") == []
    await visit.get_by_role("button", name="Delete this call").click()
    await visit.get_by_role("button", name="Delete for good").click()
    await expect(visit.locator("#notices")).to_have_text("The call is deleted.")
    await expect(visit.locator(".row")).to_have_count(5)
    await expect(visit.locator("#list-said")).to_have_text("5 calls, the newest first.")
    assert await log(town, "deleted") == [("sam", FULL)]
    assert await asyncio.to_thread(town.hub.house.store.known, FULL) is None


# --- an agent ---------------------------------------------------------------------------------------------------------


async def test_an_agent_looks_back_at_own_calls_only(town: Town, visit: Page) -> None:
    await enter(visit, town, "ada")
    await expect(visit.get_by_role("heading", name="Your calls")).to_be_visible()
    await expect(visit.locator(".row")).to_have_count(3)
    for field in ("Agent", "Team"):
        await expect(visit.get_by_label(field, exact=True)).to_be_hidden()
    assert "An alert" not in await visit.get_by_label("With").inner_text()
    await expect(visit.get_by_role("link", name="Floor")).to_be_hidden()
    await visit.locator(f".row[data-call={FULL}]").click()
    await expect(visit.locator(".said-line").first).to_contain_text("You")
    await expect(visit.locator(".kept-alerts")).to_have_count(0)
    await expect(visit.get_by_role("button", name="Delete this call")).to_have_count(0)
    await visit.goto(f"{town.url}/records#call=call-0")  # Eve's
    await expect(visit.locator("#opened")).to_contain_text("This call is not there for you")
    assert await log(town, "listed calls") == []


async def test_an_offer_that_worked_goes_from_the_agent_to_the_supervisor(town: Town, visit: Page) -> None:
    await enter(visit, town, "ada")
    await visit.locator(f".row[data-call={FULL}]").click()
    offers = visit.locator(".offer-new")
    await expect(offers).to_have_count(2)  # of three noes one was left as it was
    await offers.first.locator("summary").click()
    await offers.first.get_by_label("What I can do is …").fill("one two three four five six seven eight nine")
    await visit.keyboard.press("Enter")
    await expect(offers.first).to_contain_text("At most 8 words, please")
    await offers.first.get_by_label("What I can do is …").fill("<b>three</b> months")
    await visit.keyboard.press("Enter")
    await expect(offers.first).to_contain_text("and no markup.")
    await offers.first.get_by_label("What I can do is …").fill("spread it over three months")
    await visit.keyboard.press("Enter")
    await expect(offers.first).to_contain_text("Proposed.")
    await visit.get_by_role("link", name="All calls").click()
    await visit.get_by_text("Offers that you proposed").click()
    await expect(visit.locator(".offer")).to_have_count(2)
    await expect(visit.get_by_role("button", name="Put aside")).to_have_count(0)
    await enter(visit, town, "sam")
    assert await log(town, "listed offers") == []
    await visit.get_by_text("Offers proposed for the playbook").click()
    await expect(visit.locator(".offer")).to_have_count(2)
    await expect(visit.locator(".offer").last).to_contain_text("2. What I can do is spread it over three months")
    await visit.get_by_role("button", name="Put aside").first.click()
    await expect(visit.locator(".offer")).to_have_count(1)
    await visit.get_by_role("button", name="Put aside").click()
    await expect(visit.locator("#offers-said")).to_contain_text("None waits.")
    assert await log(town, "offer decided") == [("sam", FULL)] * 2


async def test_who_has_no_calls_yet_is_told_so(town: Town, visit: Page) -> None:
    await asyncio.to_thread(town.hub.house.store.forget, datetime.now(UTC))
    await enter(visit, town, "ada")
    await expect(visit.locator("#list-none")).to_contain_text("None of your calls is kept here yet.")
    await enter(visit, town, "sam")
    await expect(visit.locator("#list-none")).to_contain_text("No call is kept yet.")


# --- coming in, going, and what goes wrong ----------------------------------------------------------------------------


async def test_who_is_not_in_logs_in_here_and_out_again(town: Town, visit: Page) -> None:
    await visit.goto(f"{town.url}/records")
    await expect(visit.locator("#login-user")).to_be_focused()
    await expect(visit.locator("#inside")).to_be_hidden()
    await visit.fill("#login-user", "ada")
    await visit.fill("#login-password", PASSWORD)
    await visit.keyboard.press("Enter")
    await expect(visit.locator(".row")).to_have_count(3)
    await visit.click("#account")
    await expect(visit.locator("#whose")).to_have_text("Ada")
    await visit.click("#leave")
    await expect(visit.locator("#login")).to_be_visible()
    await visit.fill("#login-user", "sam")
    await visit.fill("#login-password", PASSWORD)
    await visit.keyboard.press("Enter")
    await expect(visit.locator(".row")).to_have_count(6)  # and nothing of who was here before
    await expect(visit.get_by_role("heading", name="Calls", exact=True)).to_be_visible()


async def test_a_session_that_is_over_leads_to_the_login(town: Town, visit: Page) -> None:
    await enter(visit, town, "sam")
    await asyncio.to_thread(lambda: town.hub.house.office.disable(CONSOLE, "sam"))
    await visit.locator(f".row[data-call={FULL}]").click()
    await expect(visit.locator("#login")).to_be_visible()
    await expect(visit.locator("#inside")).to_be_hidden()


async def test_a_line_that_breaks_is_said_and_tried_again(town: Town, visit: Page) -> None:
    await enter(visit, town, "sam")
    await visit.context.set_offline(True)
    await visit.get_by_label("With").select_option("An alert")
    await expect(visit.locator("#list-said")).to_contain_text("The hub does not answer.")
    await visit.context.set_offline(False)
    await visit.get_by_role("button", name="Try again").click()
    await expect(visit.locator(".row")).to_have_count(1)
    await visit.context.set_offline(True)
    await visit.locator(".row").click()
    await expect(visit.locator("#opened")).to_contain_text("The hub does not answer now.")
    await visit.context.set_offline(False)
    await visit.get_by_role("button", name="Try again").click()
    await expect(visit.locator("#opened .no")).to_have_count(3)


async def test_what_was_said_stays_text(town: Town, visit: Page) -> None:
    call = "<img src=x onerror=alert(1)>?#&%2F"
    await asyncio.to_thread(keep, town.hub.house.store, hostile(), "ada", datetime.now(UTC), call)
    await enter(visit, town, "sam")
    await visit.locator(".row").first.click()
    await expect(visit.locator("#opened .no h3")).to_have_text(f"“{HOSTILE}”")
    assert await visit.locator("#opened img").count() == 0


async def test_the_board_leads_here_for_supervisors_and_for_agents(town: Town, visit: Page) -> None:
    await visit.goto((await asyncio.to_thread(address, town, "sam")).replace("/records", "/board"))
    await visit.get_by_role("link", name="Calls that are kept").click()
    await expect(visit.locator(".row")).to_have_count(6)
    await visit.get_by_role("link", name="Floor").click()
    await expect(visit.locator("#floor")).to_be_visible()
    await visit.goto((await asyncio.to_thread(address, town, "ada")).replace("/records", "/board"))
    await visit.get_by_role("link", name="Look back at your calls").click()
    await expect(visit.locator(".row")).to_have_count(3)
