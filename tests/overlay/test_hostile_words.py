"""What a hostile agent's machine publishes is words on a supervisor's pages, never markup: with the real hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from floor.told import alert, ended, moment, nudge, said, started
from playwright.async_api import Browser, Page, Request, expect
from server.floor.conftest import Town, running

from voiceassist.accounts.visitor import CONSOLE

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCRIPT = "<script>window.hurt=1</script>"
IMAGE = '<img src="https://evil.example/x" onerror="window.hurt=1">'
EVIL = [
    SCRIPT,
    IMAGE,
    f'"></p>{SCRIPT}<p title="',
    f"</script>{SCRIPT}<!--",
    "<svg/onload=window.hurt=1><iframe srcdoc='<script>parent.hurt=1</script>'></iframe>",
    '<a href="javascript:window.hurt=1">go</a> javascript:window.hurt=1 //evil.example',
    '<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">',
    "<style>@import 'https://evil.example/x'; *{display:none}</style>",
    "{{constructor.constructor('window.hurt=1')()}} ${window.hurt=1} `${window.hurt=1}`",
    "\u202egnp.exe\u202c \u2066\u2067\u2028\u2029\u0000\ufeff\u200b",
    "Z\u0337\u0322\u0310" * 500,
    "W" * 50_000,
    "ﷺ" * 3_000,
]


@dataclass
class Watched:
    """A page, and what it did that it should not."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def listen(self, own: str) -> None:
        def asked(request: Request) -> None:
            if not request.url.startswith((own, own.replace("http", "ws", 1), "data:", "blob:")):
                self.wrong.append(request.url)

        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda line: self.wrong.append(line.text) if line.type == "error" else None)
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.on("popup", lambda popup: self.wrong.append(popup.url))
        self.page.on("request", asked)

    async def unhurt(self) -> None:
        """Nothing ran, nothing was loaded, nothing was made of the words but text, and all is still in its place."""
        assert await self.page.evaluate("window.hurt") is None
        assert (
            await self.page.locator("img, iframe, object, embed, base, form[action], a[href^='javascript']").count()
            == 0
        )
        assert await self.page.locator("body script:not([type='application/json'], [type='module'])").count() == 0
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert self.wrong == []


@pytest_asyncio.fixture(loop_scope="session", name="hub")
async def running_hub(tmp_path: Path) -> AsyncIterator[Town]:
    async with running(tmp_path, {"store.words": "on"}) as town:
        house = town.hub.house
        await asyncio.to_thread(
            lambda: house.office.add_user(CONSOLE, "eve", name=f"Eve {IMAGE}"[:200], teams=["Refunds"])
        )
        link = await asyncio.to_thread(house.office.link, CONSOLE, "eve")
        town.tokens["eve"] = (await asyncio.to_thread(house.door.open_session, link.token)).token
        yield town


@pytest_asyncio.fixture(loop_scope="session", name="visit")
async def watched_page(browser: Browser, hub: Town) -> AsyncIterator[Watched]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    watched = Watched(await context.new_page())
    watched.listen(hub.url)
    yield watched
    await context.close()


async def test_hostile_words_stay_words(hub: Town, visit: Watched) -> None:
    page = visit.page
    await page.goto(await asyncio.to_thread(hub.hub.link, "sam"))
    await expect(page.locator("#door")).to_be_hidden()
    async with hub.connect("eve") as machine:
        seq = 1
        await machine.publish(started())
        for number, evil in enumerate(EVIL):
            id_, at = f"c-m{number}", float(seq)
            await machine.publish(
                said(seq + 1, evil),
                moment(seq + 2, id_=id_, quote=evil, asked=evil[:15_000], at=at),
                nudge(seq + 3, id_=f"c-n{number}", moment=id_, quote=evil, text=evil[:8_000]),
                alert(seq + 4, id_=f"c-a{number}", moment=id_, quote=evil, asked=evil[:15_000]),
            )
            seq += 4
        await machine.acked("c", seq)
        card = page.locator(".card").filter(has_text="Eve <img")
        await expect(card).to_be_visible()
        await expect(page.locator("#alerts-open")).to_contain_text(SCRIPT)
        await visit.unhurt()

        # The call, with all its words; and a whisper that is one, too.
        await card.locator(".card-open").click()
        await expect(page.locator("#words")).to_contain_text(SCRIPT)
        await page.fill("#whisper-text", IMAGE)
        await page.keyboard.press("Enter")
        await expect(page.locator("#whisper-sent")).to_contain_text("<img")
        assert IMAGE in (await machine.hear("whisper"))["text"]
        await visit.unhurt()

        # The review of what was kept, which is looked for by its words.
        await machine.publish(ended(seq + 1))
        await machine.acked("c", seq + 1)
    await page.goto(f"{hub.url}/review/c")
    await expect(page.locator("body")).to_contain_text(SCRIPT)
    await visit.unhurt()
    await page.goto(f"{hub.url}/board?{IMAGE}#{SCRIPT}")
    await expect(page.locator("#door")).to_be_hidden()
    await visit.unhurt()


async def test_no_page_is_framed(hub: Town, visit: Watched) -> None:
    pages = ("/board", "/", "/overlay")
    await visit.page.set_content("".join(f'<iframe src="{hub.url}{path}"></iframe>' for path in pages))
    frames = visit.page.frames[1:]
    assert len(frames) == len(pages)
    for frame in frames:
        await frame.wait_for_load_state()
        assert not frame.url.startswith(hub.url)  # the browser's own page stands there
