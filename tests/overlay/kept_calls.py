"""A hub with calls that are kept: some days of two teams, one call with everything in it; and pictures of its page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from anyio import to_thread
from playwright.async_api import Browser, Page, expect
from server.floor.conftest import PASSWORD, Town, running
from store.kept import alert, ended, mine, moment, said, started

from overlay import reviews
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.core.types import AlertWhy, MomentState
from voiceassist.server import messages as wire
from voiceassist.store import offers
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder
from voiceassist.store.search import EVERYBODY

REFUNDS, BOOKINGS = "Refunds", "Bookings"
AGENTS = (("ada", "Ada Brook", REFUNDS), ("eve", "Eve Larsen", REFUNDS), ("ben", "Ben Castell", BOOKINGS))
FULL = "late-fee"
"""The call with everything in it: Ada's."""
HEIGHTS = {"400": 800, "830": 800, "1280": 800, "1600": 900}
STATES = ("list", "offers", "own", "none", "call", "propose", "erase")
CHOSEN = ("records-list-1280-light", "records-call-1280-dark")


def keep(store: Store, events: Iterable[wire.CallEvent], owner: str, at: datetime, call: str) -> None:
    """Put a call into the store as a hub does."""
    _, name, team = next(agent for agent in AGENTS if agent[0] == owner)
    with Recorder(store, patient=True, now=lambda: at) as recorder:
        for event in mine(*events, call=call):
            assert recorder.take(event, owner=owner, team=team, agent=name)


def fill(store: Store, now: datetime | None = None) -> None:
    """Eight calls of the last three days, the newest an hour ago."""
    now = now or datetime.now(UTC)
    for number, (owner, state, seconds) in enumerate(
        (
            ("eve", None, 184.0),
            ("ben", MomentState.REPAIRED, 95.0),
            ("ada", MomentState.EXPIRED, 421.0),
            ("eve", MomentState.RECOVERED, 260.0),
            ("ada", None, 61.0),
            ("ben", None, 1310.0),
            ("eve", MomentState.EXPIRED, 3725.0),
        )
    ):
        at = now - timedelta(hours=1 + 9 * number, minutes=7 * number)
        no = [moment(state, 9.0, "No, we can't do that.")] if state else []
        keep(store, [started(), said("Hello, how may I help you?"), *no, ended(seconds)], owner, at, f"call-{number}")
    *events, end = reviews.full()
    asked = alert(66.0, id_=f"{FULL}-a2", quote="We can't send it before the fifteenth, no.")
    asked = asked.model_copy(update={"why": AlertWhy.ASKED_FOR_MANAGER})
    keep(store, [*events, asked, end], "ada", now - timedelta(hours=4), FULL)


@asynccontextmanager
async def hub(folder: Path) -> AsyncIterator[Town]:
    """A running hub with these calls, whose users have a password."""
    async with running(folder) as town:
        await to_thread.run_sync(_settle, town)
        yield town


def _settle(town: Town) -> None:
    office = town.hub.house.office
    office.add_user(CONSOLE, "eve", name="Eve Larsen", teams=[REFUNDS])
    for user in ("sam", "ada"):
        office.set_password(CONSOLE, user, PASSWORD)  # which ends the session so far
        town.tokens[user] = town.hub.house.door.open_session(office.link(CONSOLE, user).token).token
    fill(town.hub.house.store)
    offers.propose(town.hub.house.store, EVERYBODY, FULL, "c-m3", "drop in at Fifth Street together", by="ada")


def address(town: Town, user: str) -> str:
    """An address that lets this user in once."""
    return f"{town.url}/records#t={town.hub.house.office.link(CONSOLE, user).token}"


async def enter(page: Page, town: Town, user: str) -> None:
    """Open the page as this user, and wait for the list."""
    await page.goto(await to_thread.run_sync(address, town, user))
    await page.wait_for_selector("#list[aria-busy=false] .list-said:not(:empty), #list-none:not([hidden])")


async def pose(page: Page, town: Town, state: str) -> None:
    """Bring the page into this state."""
    await enter(page, town, "ada" if state in {"own", "propose"} else "sam")
    match state:
        case "none":
            await page.get_by_label("Words").fill("a giraffe")
            await page.keyboard.press("Enter")
            await expect(page.locator("#list-none")).to_be_visible()
        case "offers":
            await page.get_by_text("Offers proposed for the playbook").click()
            await expect(page.locator(".offer")).to_have_count(1)
        case "call" | "propose" | "erase":
            await page.locator(f".row[data-call={FULL}]").click()
            await expect(page.locator("#opened .no")).to_have_count(3)
            if state == "erase":
                await page.get_by_role("button", name="Delete this call").click()
            if state == "propose":
                await page.locator(".offer-new summary").first.click()
        case _:
            pass


async def picture(browser: Browser, name: str, folder: Path) -> None:
    """Take the picture `records-STATE-WIDTH-SCHEME`."""
    _, state, width, scheme = name.split("-")
    with TemporaryDirectory() as kept:
        async with hub(Path(kept)) as town:
            page = await browser.new_page(
                viewport={"width": int(width), "height": HEIGHTS[width]},
                color_scheme="dark" if scheme == "dark" else "light",
                reduced_motion="reduce",
                locale="en-GB",
            )
            await pose(page, town, state)
            await page.screenshot(path=folder / f"{name}.png")
            await page.close()
