"""The composition root of a worker: the lines of a hub's agents, each attended to as `listen` attends to one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from voiceassist import app
from voiceassist.app import Assistant
from voiceassist.audio.stream import StreamSource
from voiceassist.errors import ServerError
from voiceassist.linking import hub_of
from voiceassist.panel import Panel
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.codec import dump
from voiceassist.settings import Settings
from voiceassist.uplink.sending import Sending
from voiceassist.uplink.uplink import Uplink
from voiceassist.worker.worker import Outlet, Worker


async def work(settings: Settings, assistant: Assistant, tell: Callable[[str], None]) -> None:
    """Serve lines of the hub of the settings until cancelled; `tell` hears in one line how that goes.

    Raises HubError where this computer has not joined that hub.
    """
    hub = await hub_of(settings.hub)

    def begin(page: wire.LinePage, outlet: Outlet) -> WorkedLine:
        return WorkedLine(assistant, page, outlet, words=settings.hub.words)

    worker = Worker(hub.address, hub.sessions, settings.worker.lines, begin, tell, tls=hub.tls)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(assistant.keep_playbook(lambda error: tell(str(error))))
        await worker.run()


def nothing_kept(settings: Settings) -> Settings:
    """The same settings for calls of which nothing is kept on this machine."""
    return settings.model_copy(update={"store": settings.store.model_copy(update={"path": "", "url": ""})})


class WorkedLine:
    """One agent's line: sound that is pushed, and pages that come and go while it stands."""

    def __init__(self, assistant: Assistant, page: wire.LinePage, outlet: Outlet, *, words: bool) -> None:
        self._assistant = assistant
        self._outlet = outlet
        self._first = page
        self._panel = Panel(assistant.engines.metrics, apart=True)
        self._source = StreamSource(page.channels)
        self._uplink = Uplink(Sending(outlet, words=words))
        self._page = 0
        self._early: list[wire.Command] | None = []
        """What was pressed before the line was attended to; None from then on."""
        self._client: Client | None = None
        self._telling: asyncio.Task[None] | None = None

    def greet(self, page: wire.LinePage) -> None:
        """Another page is at the line: it hears what it missed, or how the line stands."""
        if self._early is not None:
            self._first = page
            return
        self._source.tune(page.rate, page.device)
        if page.paused != self._panel.paused:
            self.command(wire.Pause() if page.paused else wire.Resume())
        self._let_go()
        self._page = page.page
        self._client = client = self._panel.hub.join("agent", page.after)
        own = self._assistant.hello.model_dump(include={"transcriber", "limited", "notice", "language", "pulse"})
        hello = page.hello.model_copy(update={**own, "role": "agent", "resumed": client.resumed})
        self._outlet.say(page.page, dump(hello))
        self._telling = asyncio.create_task(self._tell_page(client, page.page))

    def hear(self, block: bytes, at: int) -> None:
        """Take a block of sound."""
        self._source.push(block, at)

    def command(self, command: wire.Command) -> None:
        """Do what was pressed; where that cannot be, the page is told why."""
        if self._early is not None:
            self._early.append(command)
            return
        if isinstance(command, wire.Pause | wire.Resume):
            self._source.rest(resting=isinstance(command, wire.Pause))
        try:
            self._panel.hub.command(command)
        except ServerError as error:
            self._outlet.say(self._page, dump(wire.Error(code=error.code, message=str(error))))

    def tell(self, message: wire.Whisper | wire.Watched) -> None:
        """Say it to the agent, where it is of the call that is on."""
        if message.call == self._panel.hub.live:
            self._panel.publish(message)

    async def run(self) -> None:
        """Attend to the line until it is closed."""
        try:
            attending = asyncio.create_task(
                app.attend(self._assistant, self._panel, self._source, send=self._uplink.take)
            )
            await asyncio.sleep(0)  # from here on it hears what is pressed
            early, self._early = self._early or [], None
            self.greet(self._first)
            for command in early:
                self.command(command)
            await attending
        finally:
            self._let_go()

    async def close(self) -> None:
        """End the line, and its call."""
        await self._source.aclose()

    async def _tell_page(self, client: Client, page: int) -> None:
        async for text in client:
            assert isinstance(text, str)
            self._outlet.say(page, text)

    def _let_go(self) -> None:
        """Tell the page that was here no more."""
        if self._client is not None:
            self._panel.hub.leave(self._client)
        if self._telling is not None:
            self._telling.cancel()
