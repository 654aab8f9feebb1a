"""From the invitation to the board, in a browser and from an agent's machine, with the real hub between them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from floor.told import alert, moment, said, started
from playwright.async_api import Browser, Page, expect
from server.floor.conftest import PASSWORD, Town, running

from voiceassist.accounts.visitor import CONSOLE
from voiceassist.server import messages as wire
from voiceassist.uplink.client import HubClient
from voiceassist.uplink.machine import JoinLink, MachineSessions, join
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.publisher import Publisher
from voiceassist.uplink.sending import Sending
from voiceassist.uplink.uplink import Uplink

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", name="hub")
async def running_hub(tmp_path: Path) -> AsyncIterator[Town]:
    async with running(tmp_path) as town:
        town.hub.house.office.set_password(CONSOLE, "sam", PASSWORD)
        yield town


@pytest_asyncio.fixture(loop_scope="session", name="visit")
async def new_page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []


async def test_from_an_invitation_to_a_whisper(hub: Town, visit: Page, browser: Browser, tmp_path: Path) -> None:
    # The supervisor logs in and invites an agent.
    await visit.goto(f"{hub.url}/board")
    await visit.fill("#login-user", "sam")
    await visit.fill("#login-password", PASSWORD)
    await visit.click("#login-enter")
    await expect(visit.locator("#door")).to_be_hidden()
    await visit.click("#invite-open")
    await visit.get_by_role("button", name=re.compile("Make|Invite|link", re.IGNORECASE)).last.click()
    link = visit.locator("#invite-link")
    await expect(link).to_have_value(re.compile(r"/#i="))
    invitation = await link.input_value()
    await visit.click("#invite-close")

    # The agent accepts in a browser, and is told how to let the computer in.
    context = await browser.new_context()
    agent = await context.new_page()
    await agent.goto(invitation)
    await agent.fill("#accept-user", "cleo")
    await agent.fill("#accept-name", "Cleo <i>Marsh</i>")
    await agent.fill("#accept-password", PASSWORD)
    await agent.click("#accept-enter")
    command = agent.locator("#joined-command")
    await expect(command).to_have_text(re.compile(r'^voiceassist join "http://\S+/#m=\S+"$'))
    found = re.search(r'"(.*)"', await command.inner_text())
    assert found is not None
    await context.close()

    # Her computer joins, publishes a call, and hears the whisper.
    parsed = JoinLink.parse(found[1])
    client = HubClient(parsed.address)
    machine = await join(parsed, client, "desk 4")
    heard: asyncio.Queue[wire.FromServer] = asyncio.Queue()
    with closing(Outbox.open(tmp_path / "outbox", machine.outbox)) as outbox:
        sessions = MachineSessions(client, machine)
        publisher = Publisher(parsed.address, sessions, outbox, heard.put_nowait, lambda _: None)
        publishing = asyncio.create_task(publisher.run())
        uplink = Uplink(Sending(outbox, words=True))
        card = visit.get_by_role("button", name="Cleo <i>Marsh</i>")
        await expect(card).to_be_visible()
        for event in (started(), said(2, "we are sold out"), moment(3), moment(5, "nudged"), alert(6)):
            uplink.take(event)
        await expect(visit.locator("#alerts")).to_contain_text("Cleo <i>Marsh</i>")
        await expect(visit.locator(".card").filter(has=card)).to_contain_text("“No.”")
        await card.click()
        await expect(visit.locator("#call .line").first).to_contain_text("we are sold out")
        await visit.fill("#whisper-text", "Offer the repair.")
        await visit.keyboard.press("Enter")
        await expect(visit.locator("#whisper-sent")).to_contain_text("passed on")
        kinds = []
        async with asyncio.timeout(20):
            while "whisper" not in kinds:
                kinds.append((await heard.get()).type)
        assert kinds[0] == "hello"
        assert "watched" in kinds
        publishing.cancel()
        await asyncio.wait({publishing})
