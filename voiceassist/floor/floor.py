"""The floor as one process of the hub shows it: it follows the bus, and tells supervisors what concerns them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from pydantic import TypeAdapter

from voiceassist.accounts.visitor import Visitor
from voiceassist.bus.base import Bus, Entry, Gap
from voiceassist.errors import ServerError, StoreError
from voiceassist.floor.calls import Calls, Remembered
from voiceassist.floor.desk import Desk, changed
from voiceassist.floor.intake import EVENTS
from voiceassist.floor.member import Member
from voiceassist.floor.presence import BEAT, Presence
from voiceassist.floor.published import Published
from voiceassist.floor.viewer import Viewer
from voiceassist.floor.wall import Wall
from voiceassist.floor.watching import Watching
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump

FOLD = 0.2
"""Seconds between two messages of the wall to one supervisor, at least."""
AGAIN = 0.5
"""Seconds after which a store that could not be asked is asked again."""
FORGET = 2.0
"""How often the store is asked which of the calls that are remembered were deleted: by whomever, it alone knows."""
SLICE = 100
"""Supervisors that are told in one turn of the event loop."""
TURN = 64
"""Texts of the bus that are taken in one turn of the event loop: boards must have time to take what they are told."""

PRESENCE, ALERT, WHISPER, WATCH = "presence", "alert", "whisper", "watch"

_ALERT: TypeAdapter[wire.Alert] = TypeAdapter(wire.Alert)
_WHISPER: TypeAdapter[wire.Whisper] = TypeAdapter(wire.Whisper)
_WATCHED: TypeAdapter[wire.Watched] = TypeAdapter(wire.Watched)

Say: TypeAlias = Callable[[wire.Whisper | wire.Watched], None]


class Memory(Protocol):
    """What the floor asks of the store. All methods block, and raise StoreError."""

    def calls(self) -> Sequence[Remembered]:
        """The live calls."""
        ...

    def alerts(self) -> Sequence[wire.Alert]:
        """The alerts of late, as they stand."""
        ...

    def deleted(self, calls: Collection[str]) -> Collection[str]:
        """Those of these calls that were deleted."""
        ...

    def change(self, alert: wire.Alert) -> None:
        """Keep what was done about an alert."""
        ...


class Floor:
    """Make one for each process; `run` it once. `memory` is asked where the bus cannot tell how all stands."""

    def __init__(
        self,
        bus: Bus,
        memory: Memory,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ready = asyncio.Event()
        """Set once the boards are right."""
        self.unread = 0
        """What came over the bus and could not be read; it was passed over."""
        self.alerts = 0
        """Alerts that were raised since this process began."""
        self._bus = bus
        self._memory = memory
        self._now = now
        self._wall = Wall()
        self._desk = Desk()
        self._calls = Calls()
        self._presence = Presence(bus.origin, clock)
        self._watching = Watching(bus.origin, clock)
        self._viewers: set[Viewer] = set()
        self._readers: dict[str, set[Viewer]] = {}
        """Who reads along with each call, so that an event need not be offered to all."""
        self._machines: dict[str, list[Say]] = {}
        self._taken = 0
        self._changed = asyncio.Event()
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Follow the bus and tell supervisors, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._tell_changes())
            tasks.create_task(self._announce())
            tasks.create_task(self._announce_watchers())
            tasks.create_task(self._forget_deleted())

    @property
    def boards(self) -> int:
        """Supervisors who look."""
        return len(self._viewers)

    @property
    def machines(self) -> int:
        """Lines of agents' machines that hang on this process."""
        return sum(map(len, self._machines.values()))

    # --- agents -------------------------------------------------------------------------------------------------------

    def arrive(self, member: Member, say: Say) -> None:
        """An agent's machine hangs on this process; `say` reaches it, and is told first who reads along."""
        self._presence.arrive(member)
        self._machines.setdefault(member.user, []).append(say)
        self._show_presence()
        if (call := self._calls.on(member.user)) is not None:
            say(self._watching.of(call))
        self._moved.set()

    def depart(self, member: Member, say: Say) -> None:
        """That line of the agent's machine is gone."""
        self._presence.leave(member)
        lines = self._machines[member.user]
        lines.remove(say)
        if not lines:
            del self._machines[member.user]
        self._moved.set()

    # --- supervisors --------------------------------------------------------------------------------------------------

    def join(self, viewer: Viewer) -> None:
        """A supervisor sees the wall from now on, and first all that stands on it."""
        self._tell_whole(viewer, {})
        self._viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Forget a supervisor. Safe to call twice."""
        self._viewers.discard(viewer)

    def allow(self, viewer: Viewer, call: str) -> None:
        """Raises `ServerError` (`unknown-call`, `forbidden`) where the call is not the supervisor's to see."""
        self._whose(viewer.visitor, call)

    async def open(self, viewer: Viewer, call: str) -> None:
        """The supervisor reads along with this call from now on, and the agent is told.

        Raises `ServerError` (`unknown-call`, `forbidden`).
        """
        self.allow(viewer, call)
        await self.close(viewer)
        viewer.opened = call
        self._readers.setdefault(call, set()).add(viewer)
        viewer.tell(dump(self._calls.snapshot(call)))
        await self._tell_watchers(call)

    async def close(self, viewer: Viewer) -> None:
        """The supervisor reads along no more."""
        call, viewer.opened = viewer.opened, None
        if call is not None:
            readers = self._readers[call]
            readers.discard(viewer)
            if not readers:
                del self._readers[call]
            await self._tell_watchers(call)

    def alert(self, visitor: Visitor, id_: str) -> wire.Alert:
        """An alert that is the supervisor's to see. Raises `ServerError` (`unknown-alert`, `forbidden`)."""
        try:
            alert = self._desk.find(id_)
        except ServerError:
            if visitor.role == "admin":
                raise
            raise _not_of_your_teams("alert") from None
        if not visitor.may_supervise(alert.team):
            raise _not_of_your_teams("alert")
        return alert

    def after(self, visitor: Visitor, command: wire.AlertCommand) -> wire.Alert:
        """An alert as it is once the command is done; nothing is done yet.

        Raises `ServerError` (`unknown-alert`, `forbidden`).
        """
        return changed(self.alert(visitor, command.id), command, visitor.name, self._now())

    async def change(self, alert: wire.Alert) -> None:
        """Keep what was done about an alert, and tell it."""
        await asyncio.to_thread(self._memory.change, alert)
        await self._bus.append(ALERT, [dump(alert)])

    async def whisper(self, visitor: Visitor, call: str, text: str, id_: str = "") -> Member:
        """Say something to the agent of a call; who reads along is told, too.

        Raises `ServerError` (`unknown-call`, `forbidden`, `away`).
        """
        member = self._whose(visitor, call)
        card = self._wall.find(member.user)
        if card is None or not card.here:
            raise ServerError("the agent cannot be reached now", code="away")
        await self._bus.append(WHISPER, [dump(wire.Whisper(call=call, id=id_, text=text, by=visitor.name))])
        return member

    def _whose(self, visitor: Visitor, call: str) -> Member:
        """Whose call it is, where that is the supervisor's to know; only who sees all is told that there is none."""
        try:
            member = self._calls.member(call)
        except ServerError:
            if visitor.role == "admin":
                raise
            raise _not_of_your_teams("call") from None
        if not visitor.may_supervise(member.team):
            raise _not_of_your_teams("call")
        return member

    # --- the bus ------------------------------------------------------------------------------------------------------

    async def _tell_watchers(self, call: str) -> None:
        await self._bus.append(WATCH, [self._watchers(call)])

    def _watchers(self, call: str) -> str:
        """Who of this process reads along."""
        names = sorted({viewer.visitor.name for viewer in self._readers.get(call, ())})
        return dump(wire.Watched(call=call, by=tuple(names)))

    async def _follow(self) -> None:
        """Read the store where the bus says so, and then the bus; what is known already is passed over."""
        async for said in self._bus.follow():
            if isinstance(said, Gap):
                await self._remember()
            else:
                await self._take(said)

    async def _remember(self) -> None:
        """Begin anew with what the store knows, as soon as it can be asked."""
        self.ready.clear()
        while (known := await self._ask_store()) is None:  # noqa: ASYNC110 - a pause between tries
            await asyncio.sleep(AGAIN)
        calls, alerts = known
        self._wall, self._desk, self._calls = Wall(), Desk(), Calls()
        for call in calls:
            self._calls.remember(call)
            for message in call.messages:
                self._wall.receive(call.member, message, call.began + timedelta(seconds=message.at))
        for alert in alerts:
            self._desk.receive(alert, self._now())
            self._calls.change(alert)
        self._show_presence()
        texts: dict[str, str] = {}
        for viewer in self._viewers:
            self._tell_whole(viewer, texts)
        self.ready.set()

    async def _ask_store(self) -> tuple[Sequence[Remembered], Sequence[wire.Alert]] | None:
        try:
            return await asyncio.to_thread(lambda: (self._memory.calls(), self._memory.alerts()))
        except StoreError:
            return None  # the recorder tells of it

    async def _take(self, entry: Entry) -> None:
        now = self._now()
        for text in entry.texts:
            try:
                self._take_in(entry.kind, entry.origin, text, now)
            except ValueError:  # it is said otherwise in another version, or was written there by somebody else
                self.unread += 1
            self._taken += 1
            if self._taken % TURN == 0:
                await asyncio.sleep(0)

    def _take_in(self, kind: str, origin: str, text: str, now: datetime) -> None:
        """Raises ValueError for what cannot be read."""
        match kind:
            case kind if kind == EVENTS:
                self._receive(Published.model_validate_json(text), now)
            case kind if kind == PRESENCE:
                self._presence.receive(origin, text)
                self._show_presence()
            case kind if kind == ALERT:
                self._receive_alert(_ALERT.validate_json(text))
            case kind if kind == WHISPER:
                self._say(_WHISPER.validate_json(text))
            case kind if kind == WATCH:
                if (watched := self._watching.receive(origin, _WATCHED.validate_json(text))) is not None:
                    self._say(watched)
            case _:  # of a newer version
                self.unread += 1

    def _receive(self, published: Published, now: datetime) -> None:
        member, message = published.member, published.message
        call = message.call or ""
        known, over = self._calls.knows(call), self._calls.over(call)
        if not self._calls.receive(member, message, now):
            return
        if not known and (watched := self._watching.of(call)).by:  # another process knew it before, and who reads it
            self._say(watched)
        if not over:
            self._wall.receive(member, message, now)
        if isinstance(message, wire.Alert):
            self.alerts += 1
            if self._desk.takes(member.user, now):
                deque(self._tell_wall(self._wall.change(member.user)), 0)  # the card that it is about comes before it
                self._receive_alert(message)
        elif isinstance(message, wire.CallEnded) and message.call is not None:
            self._tell_alerts(self._desk.end(message.call))
        self._tell_readers(member, message)
        self._note_change()

    def _receive_alert(self, alert: wire.Alert) -> None:
        self._desk.receive(alert, self._now())
        self._calls.change(alert)
        text = dump(alert)
        for viewer in self._viewers:
            if viewer.sees(alert.team):
                viewer.tell(text)

    def _say(self, message: wire.Whisper | wire.Watched) -> None:
        """To the agent of a call, where that one's machine hangs on this process; a whisper to who reads along, too."""
        with suppress(ServerError):  # a call that was forgotten meanwhile
            member = self._calls.member(message.call or "")
            for say in self._machines.get(member.user, ()):
                say(message)
            if isinstance(message, wire.Whisper):
                self._tell_readers(member, message)

    async def _forget_deleted(self) -> None:
        """Let go of what was deleted, be it by this process, another one, a command or its age."""
        while True:
            await asyncio.sleep(FORGET)
            with suppress(StoreError):  # the recorder tells of it
                for call in await asyncio.to_thread(self._memory.deleted, {*self._calls.ids, *self._desk.calls}):
                    self._forget(call)

    def _forget(self, call: str) -> None:
        self._calls.forget(call)
        self._wall.forget(call, self._now())
        self._tell_alerts(self._desk.forget(call))
        self._note_change()

    # --- telling ------------------------------------------------------------------------------------------------------

    def _tell_readers(self, member: Member, message: wire.CallEvent) -> None:
        """To the supervisors who read along with the message's call, and still may."""
        readers = self._readers.get(message.call or "")
        if readers:
            text = dump(message)
            for viewer in readers:
                if viewer.sees(member.team):
                    viewer.tell(text)

    def _tell_whole(self, viewer: Viewer, texts: dict[str, str]) -> None:
        """Tell a supervisor all that stands; `texts`: the alerts that were put into text already, by their ids."""
        now = self._now()
        wall = dump(wire.Wall(now=now, whole=True, teams=self._wall.whole(viewer.teams)))
        alerts = self._desk.standing(viewer.teams, now)
        texts.update((alert.id, dump(alert)) for alert in alerts if alert.id not in texts)
        viewer.tell_all([wall, *(texts[alert.id] for alert in alerts)])

    def _tell_alerts(self, alerts: Iterable[wire.Alert]) -> None:
        """Tell of the alerts that became another thing by themselves, all at once."""
        texts = [(alert.team, dump(alert)) for alert in alerts]
        for viewer in self._viewers:
            viewer.tell_all(text for team, text in texts if viewer.sees(team))

    def _note_change(self) -> None:
        if self._wall.changed:
            self._changed.set()

    async def _tell_changes(self) -> None:
        """What changed on the wall, folded."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for _ in self._tell_wall(self._wall.changes()):
                await asyncio.sleep(0)
            await asyncio.sleep(FOLD)

    def _tell_wall(self, changes: Iterable[wire.TeamCards]) -> Iterator[None]:
        """Tell what changed on the wall, in slices; each team's cards are put into text once, whoever sees them."""
        texts = {cards.team: cards.model_dump_json() for cards in changes}
        head = wire.Wall(now=self._now()).model_dump_json().removesuffix("[]}")
        for number, viewer in enumerate(tuple(self._viewers), 1):
            seen = [text for team, text in texts.items() if viewer.sees(team)]
            if seen:
                viewer.tell(f"{head}[{','.join(seen)}]}}")
            if number % SLICE == 0:
                yield

    async def _announce(self) -> None:
        """Say who hangs on this process: when that changed, and now and then, so that nobody takes it for dead."""
        while True:
            self._show_presence()
            self._calls.forget_words(lambda user: self._wall.find(user) is None)
            self._tell_alerts(self._desk.due(self._now()))
            self._give_sign()
            await self._bus.append(PRESENCE, [self._presence.said()])
            try:
                async with asyncio.timeout(BEAT):
                    await self._moved.wait()
                    await asyncio.sleep(FOLD)
            except TimeoutError:
                pass
            self._moved.clear()

    async def _announce_watchers(self) -> None:
        """Say now and then which calls are read here, so that a process that begins or missed it knows, too."""
        while True:
            await asyncio.sleep(BEAT)
            for watched in self._watching.silent(self._readers):
                self._say(watched)
            await self._bus.append(WATCH, [*map(self._watchers, self._readers)])

    def _give_sign(self) -> None:
        """A sign of life: a board that hears none for some seconds says that it is stale."""
        text = dump(wire.Wall(now=self._now()))
        for viewer in self._viewers:
            viewer.tell(text)

    def _show_presence(self) -> None:
        self._wall.present(self._presence.members(), self._now())
        self._note_change()


def _not_of_your_teams(what: str) -> ServerError:
    """The same for what is another team's and for what there is not."""
    return ServerError(f"there is no such {what} of your teams", code="forbidden")
