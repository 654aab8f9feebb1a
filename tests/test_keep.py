"""`demo --keep` as a softphone would use it: a call is ended and begun over HTTP, paused over the WebSocket."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from typing import Any

import httpx
import pytest
from needs import ROOT, hear_ctrl_c
from websockets.asyncio.client import ClientConnection, connect


async def until(socket: ClientConnection, kind: str, **wanted: object) -> dict[str, Any]:
    """The next message of a kind that holds all that is wanted."""
    while True:
        message = json.loads(await socket.recv())
        if message["type"] == kind and wanted.items() <= message.items():
            return message


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
async def test_a_call_is_ended_begun_again_and_paused_by_another_program() -> None:
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiceassist", "demo", "--headless", "--keep", "--port", "0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=hear_ctrl_c,
    )
    assert demo.stderr is not None
    address = re.search(r"(http://\S+)/#t=(\S+)", (await demo.stderr.readline()).decode())
    assert address is not None
    url, once = address.groups()
    async with httpx.AsyncClient(base_url=url) as client:
        token = (await client.post("/api/session", json={"token": once})).json()["token"]
        client.cookies.clear()
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/api/calls")).status_code == 401
        async with asyncio.timeout(60), connect(f"{url.replace('http', 'ws', 1)}/ws") as socket:
            await socket.send(json.dumps({"type": "hello", "token": token}))
            await until(socket, "snapshot")
            assert (await client.post("/api/calls", headers=bearer)).status_code == 409
            assert (await client.post("/api/calls/demo/end", headers=bearer)).status_code == 202
            assert (await until(socket, "call_ended"))["call"] == "demo"
            begun = await client.post("/api/calls", headers=bearer, json={"id": "again"})
            while begun.status_code == 409:  # the last call is still being put away
                begun = await client.post("/api/calls", headers=bearer, json={"id": "again"})
            assert begun.json() == {"id": "again"}
            await until(socket, "call_started", call="again")
            await socket.send(json.dumps({"type": "pause"}))
            await until(socket, "audio", call="again", state="paused")
            await socket.send(json.dumps({"type": "resume"}))
            await until(socket, "audio", call="again", state="listening")
    demo.send_signal(signal.SIGINT)
    await demo.communicate()
    assert demo.returncode == 130
