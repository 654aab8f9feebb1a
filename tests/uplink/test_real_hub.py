"""A machine and the real hub: from the invite to the call in the hub's records, over a restart of the hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import trustme
from store.kept import RECOVERED, told
from uplink.scripted_hub import STEADY, Heard, emptied

from voiceassist import linking, serving
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.errors import HubError
from voiceassist.overlay import Overlay
from voiceassist.panel import Panel
from voiceassist.server import messages as wire
from voiceassist.settings import load
from voiceassist.uplink.client import HubClient, Joining
from voiceassist.uplink.link import LinkState
from voiceassist.uplink.machine import JoinLink, Machine, Machines, MachineSessions, join
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.publisher import Publisher
from voiceassist.uplink.sending import Sending

ANNA = Joining("anna", "Anna Lind", "correct horse battery")


@asynccontextmanager
async def hub_at(folder: Path, port: int = 0, **more: object) -> AsyncIterator[serving.Hub]:
    flags: dict[str, object] = {"serve.port": port, "store.path": str(folder / "hub.sqlite3")}
    flags |= {f"serve.{name}": value for name, value in more.items()}
    async with serving.serve(load({}, flags)) as hub:
        yield hub


async def invited(hub: serving.Hub) -> str:
    """The link of an agent who is invited into a team."""
    office = hub.house.office
    await asyncio.to_thread(office.add_user, CONSOLE, "root", role="admin")
    issued = await asyncio.to_thread(office.invite, CONSOLE, "agent", "Refunds")
    return f"{hub.server.url}/#i={issued.token}"


async def joined(hub: serving.Hub) -> tuple[JoinLink, Machine]:
    """A machine of an agent who was invited into a team."""
    link = JoinLink.parse(await invited(hub))
    return link, await join(link, HubClient(link.address), "laptop 7", ANNA)


@asynccontextmanager
async def at_work(link: JoinLink, machine: Machine, outbox: Outbox) -> AsyncIterator[Heard]:
    heard, sessions = Heard(), MachineSessions(HubClient(link.address), machine)
    publisher = Publisher(link.address, sessions, outbox, heard.messages.append, heard.links.append, patience=STEADY)
    running = asyncio.create_task(publisher.run())
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_call_that_is_put_through_is_kept_for_each_of_its_agents(tmp_path: Path) -> None:
    """The softphones of both know it by one id, and so may a later one of the first."""
    ids: list[str] = []
    async with hub_at(tmp_path) as hub:
        link, machine = await joined(hub)
        issued = await asyncio.to_thread(hub.house.office.invite, CONSOLE, "agent", "Refunds")
        after = JoinLink.parse(f"{hub.server.url}/#i={issued.token}")
        other = await join(
            after, HubClient(after.address), "laptop 8", Joining("bob", "Bob Berg", "correct horse battery")
        )
        with (
            closing(Outbox.open(tmp_path / "anna", machine.outbox)) as outbox,
            closing(Outbox.open(tmp_path / "bob", other.outbox)) as others,
        ):
            async with at_work(link, machine, outbox) as heard, at_work(after, other, others) as heard_too:
                anna, bob = (Sending(box, words=True) for box in (outbox, others))
                panels = {sending: Panel(apart=True) for sending in (anna, bob)}
                for sending in (anna, bob, anna):
                    panel = panels[sending]
                    with panel.showing(_Nothing(), start=lambda call: ids.append(call or "")):
                        panel.hub.command(wire.CallStart(call="leg-7"))
                    for message in told(RECOVERED, ids[-1]):
                        panel.publish(message)
                        sending.take(message)
                await emptied(outbox)
                await emptied(others)
        assert not any(link.refused or link.dropped for link in (*heard.links, *heard_too.links))
        calls = [await asyncio.to_thread(hub.house.store.call, id_) for id_ in ids]
    assert [(call.info.owner, len(call.moments), call.info.state) for call in calls] == [
        ("anna", 1, "ended"),
        ("bob", 1, "ended"),
        ("anna", 1, "ended"),
    ]


class _Nothing:
    """What is shown, with buttons that do nothing."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def stop(self) -> None: ...

    def command(self, act: object) -> None: ...


async def test_a_call_comes_into_the_records_over_a_restart_of_the_hub(tmp_path: Path) -> None:
    machines, messages = Machines(tmp_path / "hubs"), told(RECOVERED, "call-1")
    async with hub_at(tmp_path) as hub:
        link, machine = await joined(hub)
        machines.keep(link.address, machine)
        port = hub.server.port
    kept = machines.find(link.address)
    assert kept is not None
    with closing(Outbox.open(machines.folder(link.address), kept.outbox)) as outbox:
        sending, half = Sending(outbox, words=True), len(messages) // 2
        async with at_work(link, kept, outbox) as heard:
            for part in (messages[:half], messages[half:]):
                async with hub_at(tmp_path, port) as hub:
                    for message in part:
                        sending.take(message)
                    await emptied(outbox)
            states = heard.states
            assert heard.messages[0].type == "hello"
            assert states.count(LinkState.CONNECTED) == 2
            assert not any(link.refused or link.dropped for link in heard.links)
    async with hub_at(tmp_path) as hub:
        call = await asyncio.to_thread(hub.house.store.call, "call-1")
    assert call.info.agent == "Anna Lind"
    assert call.scorecard is not None
    assert call.scorecard.counts.recovered == 1


async def test_a_machine_that_was_shut_out_is_told_so(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as hub:
        link, machine = await joined(hub)
        [key] = await asyncio.to_thread(hub.house.office.machines, CONSOLE, "anna")
        await asyncio.to_thread(hub.house.office.revoke, CONSOLE, key.id)
        with closing(Outbox.open(tmp_path / "outbox", machine.outbox)) as outbox:
            async with at_work(link, machine, outbox) as heard:
                while LinkState.REFUSED not in heard.states:
                    await asyncio.sleep(0.01)
            assert heard.links[-1].code == "token-unknown"
        with pytest.raises(HubError) as used:
            await join(link, HubClient(link.address), "laptop 8", ANNA)
        assert used.value.code == "token-used"


async def test_who_vouched_on_joining_does_from_then_on_and_a_terminal_hears_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "machines", lambda: Machines(tmp_path / "hubs"))
    authority, other = trustme.CA(), trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "hub.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    other.cert_pem.write_to_path(tmp_path / "other.pem")
    tls = {"tls_cert": str(tmp_path / "hub.pem"), "tls_key": str(tmp_path / "hub.pem")}
    async with hub_at(tmp_path, **tls) as hub:
        link, port = await invited(hub), hub.server.port
        with pytest.raises(HubError, match="--ca FILE"):
            await linking.knock(link, load({}).hub)
        monkeypatch.chdir(tmp_path)
        await linking.join(link, load({}, {"hub.ca": "ca.pem"}).hub, ANNA)
        monkeypatch.chdir("/")

    overlay = Overlay(wire.Hello(transcriber="", limited=False, privacy="", version=""), load({}).server)
    url, said, mistaken = f"wss://127.0.0.1:{port}", asyncio.Queue[str](), asyncio.Queue[str]()
    settings = load({}, {"hub.url": url}).hub
    async with linking.linked(settings, overlay, "scripted", said.put_nowait):
        assert "cannot be reached" in await said.get()
        async with hub_at(tmp_path, port, **tls):
            assert await said.get() == f"calls are passed on to 127.0.0.1:{port} again"
    settings = load({}, {"hub.url": url, "hub.ca": str(tmp_path / "other.pem")}).hub
    async with hub_at(tmp_path, port, **tls), linking.linked(settings, overlay, "scripted", mistaken.put_nowait):
        assert "does not trust" in await mistaken.get()
