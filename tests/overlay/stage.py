"""The real hub and server on the loopback, with the overlay's page, for tests and pictures: they say what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from fastapi import FastAPI
from needs import ROOT, needs
from playwright.async_api import Browser, Page, async_playwright

from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth
from voiceassist.server.hub import Hub
from voiceassist.server.serve import Server
from voiceassist.server.web import create_app

OVERLAY = ROOT / "overlay"
CHROMIUM = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


class Stage:
    """A hub that serves the page. `commands` are what pages have asked for, in order; `cues` are those they painted."""

    def __init__(self, *, limited: bool = False) -> None:
        self.commands: asyncio.Queue[wire.Command] = asyncio.Queue()
        self.cues: asyncio.Queue[str] = asyncio.Queue()
        self.hub = Hub(self._take)
        self.auth = Auth()
        name = "pocketsphinx" if limited else "faster-whisper"
        self.hello = wire.Hello(transcriber=name, limited=limited, version="1")
        self.server = Server(self._app())

    def _take(self, command: wire.Command) -> None:
        """Keep what a person does apart from the cues, which are painted before anybody does anything."""
        if isinstance(command, wire.Painted) and "-m" in command.id:
            self.cues.put_nowait(command.id)
        else:
            self.commands.put_nowait(command)

    def _app(self) -> FastAPI:
        return create_app(self.hub, self.auth, self.hello, OVERLAY)

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.server.__aexit__(None, None, None)

    async def go(self) -> None:
        """Cut every connection and stop listening."""
        await self.server.__aexit__(None, None, None)

    async def come_back(self, **hello: str) -> None:
        """Listen again where it was, as a newer version perhaps."""
        self.hello = self.hello.model_copy(update=hello)
        self.server = Server(self._app(), port=self.server.port)
        await self.server.__aenter__()

    @property
    def address(self) -> str:
        """An address that opens the page once."""
        return f"{self.server.url}/#t={self.auth.issue()}"

    def say(self, *messages: wire.CallEvent) -> None:
        """Publish to every page."""
        for message in messages:
            self.hub.publish(message)

    async def asked(self, kind: type[wire.Command] | None = None) -> wire.Command:
        """The next command, or the next of this kind, that a page sends."""
        async with asyncio.timeout(20):
            while True:
                command = await self.commands.get()
                if kind is None or isinstance(command, kind):
                    return command

    async def joined(self, page: Page) -> None:
        """Wait until the page has been greeted, and what must be understood first has been."""
        await page.wait_for_selector("#app[data-link=open]")
        if await page.locator("#privacy").is_visible():
            await page.click("#privacy-understood")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser; without one the test skips, and says what to install."""
    path = needs("chromium", "chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, headless=True, args=list(CHROMIUM))
        try:
            yield browser
        finally:
            await browser.close()
