"""The composition root of an agent's machine at a hub: joining, and the line that takes its calls there."""

from __future__ import annotations

import asyncio
import os
import platform
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from voiceassist.errors import HubError
from voiceassist.overlay import Overlay
from voiceassist.server import messages as wire
from voiceassist.settings import HubSettings
from voiceassist.store.location import data_folder
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.client import HubClient, Joining, trust
from voiceassist.uplink.link import Link, Trouble
from voiceassist.uplink.machine import JoinLink, Machine, Machines, MachineSessions
from voiceassist.uplink.machine import join as join_hub
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.publisher import Publisher
from voiceassist.uplink.sending import Sending
from voiceassist.uplink.uplink import Uplink

SEEN_AT_HUB = (
    "Supervisors of your team see your noes and nudges; one who opens a call reads its words, and you see who does."
)
SEEN = f"{SEEN_AT_HUB} No sound leaves this machine."
SEEN_WITHOUT_WORDS = (
    "Supervisors of your team see your noes, with what was said in them, and your nudges, and no other words. "
    "No sound leaves this machine."
)


async def knock(link: str, settings: HubSettings) -> None:
    """Make sure that the hub of a link can be reached and is trusted. Raises HubError."""
    await (await _client(JoinLink.parse(link), settings)).knock()


async def join(link: str, settings: HubSettings, who: Joining | None) -> Machine:
    """Let this computer in at a hub by a link, which is used up, and keep its key, with whose certificates count.

    Raises HubError; `hub-link` for an invite where `who` is None.
    """
    parsed, ca = JoinLink.parse(link), _ca(settings)
    machine = await join_hub(parsed, await _client(parsed, settings), platform.node() or "computer", who)
    if ca is not None:
        machine = machine.model_copy(update={"ca": str(ca.absolute())})
    machines().keep(parsed.address, machine)
    return machine


async def _client(link: JoinLink, settings: HubSettings) -> HubClient:
    return HubClient(link.address, await asyncio.to_thread(trust, link.address, _ca(settings)))


@dataclass(frozen=True, slots=True)
class KnownHub:
    """A hub that this computer has joined: where it is, as what, by which sessions, and whose certificates count."""

    address: HubAddress
    machine: Machine
    sessions: MachineSessions
    tls: ssl.SSLContext | None


async def hub_of(settings: HubSettings) -> KnownHub:
    """The hub of the settings; who vouched for it on joining still does, unless `hub.ca` names another.

    Raises HubError where this computer has not joined it.
    """
    address = HubAddress.parse(settings.url)
    machine = machines().find(address)
    if machine is None:
        raise HubError(
            f"this computer has not joined {address.netloc}: ask there for a link, then voiceassist join LINK",
            code="hub-key",
        )
    ca = _ca(settings) or (Path(machine.ca) if machine.ca else None)
    tls = await asyncio.to_thread(trust, address, ca)
    return KnownHub(address, machine, MachineSessions(HubClient(address, tls), machine), tls)


@asynccontextmanager
async def linked(
    settings: HubSettings, overlay: Overlay, transcriber: str, tell: Callable[[str], None] = lambda _: None
) -> AsyncGenerator[Uplink]:
    """The line to the hub of the settings, up within the block; how it stands, and who says what, shows on the page.

    `transcriber` recognises the words; `tell` hears in one line why nothing gets through, and when it does again.
    Raises HubError where this computer has not joined that hub.
    """
    hub = await hub_of(settings)
    trouble = Trouble(hub.address.netloc, tell)

    def hear(message: wire.FromServer) -> None:
        # What concerns a call that is over would stand on the next one's page.
        if isinstance(message, wire.Whisper | wire.Watched) and message.call == overlay.hub.live:
            overlay.publish(message)

    def show(link: Link) -> None:
        reason = link.reason or link.trouble
        state = link.state.value
        overlay.publish(wire.HubLink(state=state, waiting=link.waiting, refused=link.refused, reason=reason))
        trouble.hear(link)

    with closing(Outbox.open(machines().folder(hub.address), hub.machine.outbox)) as outbox:
        publisher = Publisher(hub.address, hub.sessions, outbox, hear, show, tls=hub.tls)
        publishing = asyncio.create_task(publisher.run())
        try:
            yield Uplink(Sending(outbox, words=settings.words), transcriber=transcriber)
        finally:
            publishing.cancel()
            await asyncio.wait({publishing})


def machines() -> Machines:
    """The keys of this computer."""
    return Machines(data_folder(os.environ) / "hubs")


def _ca(settings: HubSettings) -> Path | None:
    return Path(settings.ca).expanduser() if settings.ca else None
