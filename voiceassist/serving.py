"""The hub's composition root: settings to a store, a bus, the floor and a web app that serve many agents."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from voiceassist import __version__, app, assets, linking, logs, sample
from voiceassist.accounts.audit import Audit
from voiceassist.accounts.door import Door
from voiceassist.accounts.office import Office
from voiceassist.accounts.oidc import Provider
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.bus.base import Bus
from voiceassist.bus.choose import open_bus
from voiceassist.errors import AccountError, ServerError, StoreError
from voiceassist.floor.figures import Figures
from voiceassist.floor.floor import Floor
from voiceassist.floor.intake import Intake
from voiceassist.floor.memory import StoreMemory
from voiceassist.floor.presence import BEAT
from voiceassist.floor.switchboard import Switchboard
from voiceassist.server import messages as wire
from voiceassist.server.floor.app import create_floor_app
from voiceassist.server.floor.house import House
from voiceassist.server.proxies import Proxies
from voiceassist.server.serve import Server, Tls
from voiceassist.settings import Settings
from voiceassist.store.database import Store, utc_now
from voiceassist.store.location import hub_location
from voiceassist.store.recorder import Recorder
from voiceassist.uplink.sending import leaves

AUDIT_DAYS = 365
_ROOM = 100_000
"""Events that may wait for the store: some half minute of five hundred agents; then their machines wait."""
_SWEEP_SECONDS = 3600.0
_WATCH_SECONDS = 1.0
_COLLECT_AT = (5_000, 20, 1_000)
"""New objects until the youngest are looked through for cycles; then how many of these looks make an older one."""
_SAMPLE_USER = "sample-supervisor"
_PAGE_HEARD = (
    "The sound of your microphone goes to your organisation's recognisers while this page hears; none of it is kept."
)
_PRIVACY = "Supervisors see the agents of their teams. Opening a call is written down, and the agent sees it."


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that serves. `house`: its parts; `server`: where it listens; `outside`: its address for others, or none."""

    house: House
    server: Server

    outside: str = ""

    @property
    def url(self) -> str:
        """The address by which others reach it, if it has a name; else where it listens."""
        return self.outside or self.server.url

    def link(self, user: str) -> str:
        """An address that lets this user in once."""
        issued = self.house.office.link(CONSOLE, user)
        return f"{self.url}/board#t={issued.token}"


@contextmanager
def seldom_collecting() -> Generator[None]:
    """Look through all that this process holds for garbage in cycles seldom, within the block.

    A hub of five hundred agents holds over a million objects that live as long as their calls, and hardly a cycle. As
    Python comes, it would look through all of them every few seconds, and stop for a third of a second each time.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AT)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@asynccontextmanager
async def serve(settings: Settings, *, sampling: bool = False) -> AsyncGenerator[Hub]:
    """Serve within the block; with `sampling` simulated agents are at work, and nothing outlasts the block.

    On leaving, lines are closed and what was taken is kept. Raises VoiceassistErrors for what cannot be opened.
    """
    async with _bus(settings) as bus:
        with _store(settings, sampling=sampling) as store:
            async with _hub(settings, store, bus, sampling=sampling) as hub:
                yield hub


@asynccontextmanager
async def _hub(settings: Settings, store: Store, bus: Bus, *, sampling: bool) -> AsyncGenerator[Hub]:
    memory, passwords = StoreMemory(store), Passwords()
    recorder = Recorder(
        store,
        words=settings.store.words == "on",
        patient=True,
        room=_ROOM,
        on_kept=lambda seqs: intake.kept(seqs),  # noqa: PLW0108 - made below, once the recorder is there
    )
    with closing(recorder), _provider(settings) as provider:
        intake, floor = Intake(recorder, memory.look, bus), Floor(bus, memory)
        figures = Figures(
            floor,
            intake,
            stalled=lambda: recorder.stalled is not None,
            cut_off=lambda: bus.trouble is not None,
            connections=lambda: server.connections,
        )
        house = House(
            store=store,
            door=Door(store, passwords),
            office=Office(store, passwords),
            audit=Audit(store),
            floor=floor,
            intake=intake,
            hello=wire.Hello(
                transcriber="", limited=False, privacy=_PRIVACY, pulse=BEAT, version=__version__, sample=sampling
            ),
            switchboard=Switchboard(_agents_hello(settings)),
            provider=provider,
        )
        web = create_floor_app(
            house,
            assets.overlay(),
            metrics=figures.text,
            metrics_token=settings.serve.metrics_token,
            names=settings.serve.names,
            ready=lambda: floor.ready.is_set() and recorder.stalled is None and bus.trouble is None,
        )
        proxies = Proxies(settings.serve.proxies)
        # Who knows the hub by a name knows its port as well: it is there, or nowhere.
        moves = sampling or not settings.serve.names
        server = Server(web, settings.serve.host, settings.serve.port, _tls(settings), proxies, moves=moves)
        try:
            async with asyncio.TaskGroup() as tasks:
                working = [
                    tasks.create_task(work)
                    for work in (intake.run(), floor.run(), _sweep(settings, house), _watch(recorder, bus))
                ]
                async with server:
                    hub = Hub(house, server, _outside(settings, server))
                    if sampling:
                        working += [tasks.create_task(_simulate(settings, house))]
                    await floor.ready.wait()
                    yield hub
                for work in working:
                    work.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None


def _agents_hello(settings: Settings) -> wire.Hello:
    """What is told to agents whose sound comes in here, before a worker says who recognises it."""
    words = " and the words" if settings.store.words == "on" else ""
    privacy = f"{_PAGE_HEARD} The noes{words} are kept for {settings.store.days} days. {linking.SEEN_AT_HUB}"
    return wire.Hello(transcriber="", limited=False, privacy=privacy, version=__version__, kept=True)


@contextmanager
def _store(settings: Settings, *, sampling: bool) -> Generator[Store]:
    """The hub's records; those of simulated agents lie in a folder that goes with them."""
    if sampling:
        with TemporaryDirectory(prefix="voiceassist-") as folder, Store.open(Path(folder) / "hub.sqlite3") as store:
            yield store
        return
    where = settings.store.url or hub_location(settings.store.path, os.environ)
    with Store.open(where) as store:
        yield store


@asynccontextmanager
async def _bus(settings: Settings) -> AsyncGenerator[Bus]:
    bus = await open_bus(settings.bus.url)
    try:
        yield bus
    finally:
        await bus.aclose()


@contextmanager
def _provider(settings: Settings) -> Generator[Provider | None]:
    login = settings.login
    if not login.issuer:
        yield None
        return
    with closing(Provider(login.issuer, login.client_id, login.client_secret)) as provider:
        yield provider


def _outside(settings: Settings, server: Server) -> str:
    """The address by which others reach the hub; a proxy has the usual port, unless the name says another one."""
    serve = settings.serve
    if not serve.names or not (serve.tls_cert or serve.proxies):
        return ""
    host, _, port = serve.names[0].partition(":")
    if not port and not serve.proxies:
        port = str(server.port)
    return f"https://{host}:{port}" if port else f"https://{host}"


def _tls(settings: Settings) -> Tls | None:
    cert, key = settings.serve.tls_cert, settings.serve.tls_key
    if bool(cert) != bool(key):
        raise ServerError("a certificate and its key go together: give --tls-cert and --tls-key")
    return Tls(Path(cert).expanduser(), Path(key).expanduser()) if cert else None


async def _watch(recorder: Recorder, bus: Bus) -> None:
    """Log when the store or the bus begins to take nothing, and when it is well again."""
    before: dict[str, str] = {}
    while True:
        for part, error in (("store", recorder.stalled), ("bus", bus.trouble)):
            said = "" if error is None else str(error)
            if said and said != before.get(part, ""):
                logs.trouble(f"{part} takes nothing", why=said)
            elif before.get(part) and not said:
                logs.event(f"{part} is well again")
            before[part] = said
        await asyncio.sleep(_WATCH_SECONDS)


async def _sweep(settings: Settings, house: House) -> None:
    """Forget what is too old, now and every hour."""
    while True:
        try:
            gone = await asyncio.to_thread(house.store.forget, utc_now() - timedelta(days=settings.store.days))
            if gone:
                logs.event("calls forgotten", count=gone)
                await asyncio.to_thread(house.store.scrub)
            await asyncio.to_thread(house.audit.forget, utc_now() - timedelta(days=AUDIT_DAYS))
        except StoreError:
            pass  # the recorder tells of a store that is broken; the next sweep comes
        await asyncio.sleep(_SWEEP_SECONDS)


def first_admin(hub: Hub) -> str | None:
    """A link for the one who sets the hub up, where there is no user yet; None where there is one."""
    if hub.house.office.users(CONSOLE):
        return None
    hub.house.office.add_user(CONSOLE, "admin", name="Administrator", role="admin")
    return hub.link("admin")


# --- simulated agents -------------------------------------------------------------------------------------------------


def sample_link(hub: Hub) -> str:
    """A link for a look at the simulated agents."""
    office, teams = hub.house.office, {agent.member.team for agent in sample.agents(assets.sample_floor())}
    with suppress(AccountError):  # it was asked for before
        office.add_user(CONSOLE, _SAMPLE_USER, name="Sam Sample", role="supervisor", teams=teams)
    return hub.link(_SAMPLE_USER)


async def _simulate(settings: Settings, house: House) -> None:
    with app.assistant(settings.with_transcriber("scripted"), words={}) as assistant:
        async with asyncio.TaskGroup() as tasks:
            for agent in sample.agents(assets.sample_floor()):
                tasks.create_task(_work(assistant, agent, house))


async def _work(assistant: app.Assistant, agent: sample.SampleAgent, house: House) -> None:
    """One simulated agent's shift: judged by the real coach, and published like a machine's calls."""
    waiting: asyncio.Queue[wire.CallEvent] = asyncio.Queue()

    def publish(message: wire.CallEvent) -> None:
        if leaves(message, words=True):
            waiting.put_nowait(message)

    async def send() -> None:
        while True:
            await house.intake.receive(agent.member, await waiting.get(), _unheard)

    house.floor.arrive(agent.member, _unheard)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send())
        await asyncio.sleep(agent.first)
        for call in agent.shift():
            driver = assistant.driver(call.id, call.channels, publish, live=True)
            await driver.play_turns(call, tail=_SAMPLE_TAIL, realtime=True)
            await asyncio.sleep(agent.between)


_SAMPLE_TAIL = 6.0


def _unheard(_message: wire.Outgoing) -> None:
    """A simulated agent hears nothing."""
