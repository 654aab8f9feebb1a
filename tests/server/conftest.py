"""A real server on the loopback with a hub behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from server.station import Station

from voiceassist.errors import VoiceassistError
from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth
from voiceassist.server.hub import Hub
from voiceassist.server.serve import Server
from voiceassist.server.web import create_app

HELLO = wire.Hello(transcriber="scripted", limited=True, notice="limited", version="0.0")


@pytest.fixture(name="overlay")
def overlay_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "overlay"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>voiceassist</title>")
    (folder / "js" / "main.js").write_text("export {};")
    (folder / "jsconfig.json").write_text("{}")
    (tmp_path / "secret.html").write_text("secret")
    return folder


@pytest.fixture(name="station")
async def running_station(overlay: Path) -> AsyncIterator[Station]:
    commands: list[wire.Command] = []
    ready = [True]

    def on_command(command: wire.Command) -> None:
        if isinstance(command, wire.Dismiss):
            raise VoiceassistError("that nudge is gone", code="gone")
        commands.append(command)

    hub, auth = Hub(on_command), Auth()
    app = create_app(hub, auth, HELLO, overlay, hosts={"assist.example"}, ready=lambda: ready[0])
    async with Server(app) as server:
        yield Station(hub, auth, server, commands, ready)
