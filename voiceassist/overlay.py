"""The agent's page on this machine: served here, it shows a call and its buttons act on it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from voiceassist import assets
from voiceassist.metrics import Metrics
from voiceassist.panel import Panel
from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth
from voiceassist.server.serve import Server
from voiceassist.server.web import Reviews, create_app
from voiceassist.settings import ServerSettings


class Overlay(Panel):
    """A panel that is served here: `async with` serves its page."""

    def __init__(
        self,
        hello: wire.Hello,
        settings: ServerSettings,
        reviews: Reviews | None = None,
        metrics: Metrics | None = None,
        *,
        apart: bool = False,
    ) -> None:
        super().__init__(metrics, apart=apart)
        self.auth = Auth()
        app = create_app(self.hub, self.auth, hello, assets.overlay(), reviews=reviews, metrics=self._metrics.text)
        self.server = Server(app, settings.host, settings.port)

    @property
    def address(self) -> str:
        """An address that opens the page once."""
        return f"{self.server.url}/#t={self.auth.issue()}"

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.server.__aexit__(kind, error, trace)
