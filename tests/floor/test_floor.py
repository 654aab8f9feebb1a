"""What supervisors are told: the wall in folds, alerts at once, and the call that they opened."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from floor.told import ADA, BEN, alert, ended, moment, said, started, thumb

from voiceassist.accounts.visitor import Visitor
from voiceassist.bus.base import Entry
from voiceassist.bus.local import LocalBus
from voiceassist.errors import ServerError, StoreError
from voiceassist.floor import floor
from voiceassist.floor.calls import Remembered
from voiceassist.floor.floor import WATCH, Floor
from voiceassist.floor.intake import EVENTS
from voiceassist.floor.member import Member
from voiceassist.floor.presence import SILENT
from voiceassist.floor.published import Published
from voiceassist.floor.viewer import Viewer
from voiceassist.server import messages as wire
from voiceassist.server.client import QUEUE


class Memory:
    """What the store knows."""

    def __init__(self) -> None:
        self.live: list[Remembered] = []
        self.raised: list[wire.Alert] = []
        self.changed: list[wire.Alert] = []
        self.gone: set[str] = set()

    def calls(self) -> Sequence[Remembered]:
        return self.live

    def alerts(self) -> Sequence[wire.Alert]:
        return self.raised

    def change(self, alert: wire.Alert) -> None:
        self.changed.append(alert)

    def deleted(self, calls: Collection[str]) -> Collection[str]:
        return self.gone & set(calls)


class House:
    """A floor, its bus, and what a test does on it."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.bus, self.memory = LocalBus(), memory or Memory()
        self.clock = 100.0
        self.floor = Floor(self.bus, self.memory, clock=lambda: self.clock)

    async def publish(self, member: Member, *messages: wire.CallEvent) -> None:
        texts = [Published(member=member, message=message).model_dump_json() for message in messages]
        await self.bus.append(EVENTS, texts)


class Board:
    """A supervisor's board: what it was told, in order."""

    def __init__(self, floor: Floor, *teams: str, role: wire.Role = "supervisor", name: str = "Sam") -> None:
        visitor = Visitor(name.lower(), name, role, frozenset(teams), datetime.now(UTC) + timedelta(hours=1))
        self.viewer = Viewer(visitor)
        self.floor = floor
        self._said = aiter(self.viewer)
        floor.join(self.viewer)

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of this kind."""
        async with asyncio.timeout(20):
            async for text in self._said:
                message = json.loads(text)
                if message["type"] == kind:
                    return message
        raise AssertionError(self.viewer.closed)

    async def hear_alerts(self, count: int) -> list[str]:
        """The ids of the next alerts."""
        return [(await self.hear("alert"))["id"] for _ in range(count)]

    async def card(self, agent: str, **wanted: object) -> dict[str, Any]:
        """The card of an agent, once it is as wanted."""
        while True:
            for team in (await self.hear("wall"))["teams"]:
                for card in team["cards"]:
                    if card["agent"] == agent and wanted.items() <= card.items():
                        return card


@pytest.fixture(name="house")
async def running_house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(floor, "BEAT", 0.1)
    async with running(House()) as house:
        yield house


@asynccontextmanager
async def running(house: House) -> AsyncIterator[House]:
    task = asyncio.create_task(house.floor.run())
    async with asyncio.timeout(20):
        await house.floor.ready.wait()
    yield house
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await house.bus.aclose()


def nothing(_message: wire.Outgoing) -> None:
    """A machine that does not listen."""


async def test_a_board_is_told_the_whole_wall_and_then_what_changes(house: House):
    house.floor.arrive(ADA, nothing)
    await house.publish(ADA, started())
    first = Board(house.floor, "Refunds")
    await first.card("ada", state="on", call="c")
    board = Board(house.floor, "Refunds")
    whole = await board.hear("wall")
    assert (whole["whole"], [t["team"] for t in whole["teams"]]) == (True, ["Refunds"])
    await house.publish(ADA, moment(2), moment(3, "nudged"))
    card = await board.card("ada", unrepaired=1)
    assert card["moment"]["quote"] == "No."


async def test_a_board_sees_own_teams_only_and_an_admin_all(house: House):
    mine, all_ = Board(house.floor, "Refunds"), Board(house.floor, role="admin")
    house.floor.arrive(ADA, nothing)
    house.floor.arrive(BEN, nothing)
    await all_.card("ben")
    await house.publish(BEN, started("d"), alert(2, call="d", id_="d-a1", team="Bookings"))
    assert (await all_.hear("alert"))["id"] == "d-a1"
    await house.publish(ADA, started("c"), alert(2, team="Refunds"))
    assert (await mine.hear("alert"))["id"] == "c-a1"
    house.floor.leave(mine.viewer)
    mine.viewer.close(1000, "done")
    assert "ben" not in str([text async for text in mine.viewer])


async def test_many_changes_are_folded_into_few_messages(house: House):
    board = Board(house.floor, "Refunds")
    for seq in range(1, 200):
        await house.publish(ADA, moment(seq, id_=f"c-m{seq}"))
        await asyncio.sleep(0)
    walls = 0
    while True:
        wall = await board.hear("wall")
        walls += 1
        if wall["teams"] and wall["teams"][0]["cards"][0]["noes"] == 199:
            break
    assert walls < 20


async def test_words_go_only_to_who_opened_the_call(house: House):
    board, other = Board(house.floor, "Refunds"), Board(house.floor, "Refunds", name="Kim")
    await house.publish(ADA, started(), said(2, "before it was opened"))
    await board.card("ada", call="c")
    await house.floor.open(board.viewer, "c")
    shot = await board.hear("snapshot")
    assert [t["text"] for t in shot["transcripts"]] == ["before it was opened"]
    await house.publish(ADA, said(4, "read along"), alert(5, team="Refunds"))
    assert (await board.hear("transcript"))["text"] == "read along"
    await other.hear("alert")
    await house.floor.close(board.viewer)
    await house.publish(ADA, said(6, "not any more"), ended(9))
    await board.card("ada", state="away", call=None)
    for closed in (board, other):
        closed.viewer.close(1000, "done")
        assert "transcript" not in [json.loads(text)["type"] async for text in closed.viewer]


async def test_the_agent_is_told_who_reads_along(house: House):
    told: list[wire.Whisper | wire.Watched] = []
    house.floor.arrive(ADA, told.append)
    board = Board(house.floor, "Refunds")
    await house.publish(ADA, started())
    await board.card("ada", call="c")
    await house.floor.open(board.viewer, "c")
    await house.floor.whisper(board.viewer.visitor, "c", "offer the repair")
    await house.floor.close(board.viewer)
    await house.publish(ADA, ended(3))
    await board.card("ada", call=None)
    assert [(m.type, m.by) for m in told] == [("watched", ("Sam",)), ("whisper", "Sam"), ("watched", ())]


async def test_an_agent_who_comes_back_is_told_who_reads_along_now(house: House):
    board, other = Board(house.floor, "Refunds"), Board(house.floor, "Refunds", name="Kim")
    house.floor.arrive(ADA, nothing)
    await house.publish(ADA, started())
    await board.card("ada", call="c")
    house.floor.depart(ADA, nothing)
    await house.floor.open(board.viewer, "c")
    await house.publish(ADA, alert(2, team="Refunds"))
    await other.hear("alert")  # and what came before it
    told: list[wire.Whisper | wire.Watched] = []
    house.floor.arrive(ADA, told.append)
    assert told == [wire.Watched(call="c", by=("Sam",))]
    house.floor.depart(ADA, told.append)
    await house.floor.close(board.viewer)
    await house.publish(ADA, alert(3, id_="c-a2", team="Refunds"))
    await other.hear("alert")
    house.floor.arrive(ADA, told.append)
    assert told[1:] == [wire.Watched(call="c")]  # also that nobody does any more


async def test_an_agent_is_told_who_reads_along_on_another_process_and_only_while_it_lives(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    said: asyncio.Queue[wire.Whisper | wire.Watched] = asyncio.Queue()
    house.floor.arrive(ADA, said.put_nowait)
    with monkeypatch.context() as neighbour:
        neighbour.setattr(house.bus, "_origin", "neighbour")
        await house.bus.append(WATCH, [wire.Watched(call="c", by=("Kim",)).model_dump_json()])
    await house.publish(ADA, started())  # it is known here only now
    async with asyncio.timeout(20):
        assert await said.get() == wire.Watched(call="c", by=("Kim",))
        house.clock += SILENT
        assert await said.get() == wire.Watched(call="c")


async def test_each_process_says_again_who_reads_along(house: House):
    board = Board(house.floor, "Refunds")
    await house.publish(ADA, started())
    await board.card("ada", call="c")
    await house.floor.open(board.viewer, "c")
    heard: list[str] = []
    async with asyncio.timeout(20):
        async for entry in house.bus.follow(await house.bus.head()):
            if isinstance(entry, Entry) and entry.kind == WATCH:
                heard += entry.texts
                break
    assert [wire.Watched.model_validate_json(text) for text in heard] == [wire.Watched(call="c", by=("Sam",))]


async def test_a_call_of_another_team_is_neither_opened_nor_whispered_to(house: House):
    board = Board(house.floor, "Bookings")
    all_ = Board(house.floor, role="admin")
    await house.publish(ADA, started())
    await all_.card("ada", call="c")
    for act in (house.floor.open(board.viewer, "c"), house.floor.whisper(board.viewer.visitor, "c", "psst")):
        with pytest.raises(ServerError) as error:
            await act
        assert error.value.code == "forbidden"
    with pytest.raises(ServerError) as error:
        await house.floor.open(all_.viewer, "nothing")
    assert error.value.code == "unknown-call"


async def test_nobody_whispers_to_an_agent_that_is_away(house: House):
    board = Board(house.floor, "Refunds")
    await house.publish(ADA, started())
    await board.card("ada", call="c")
    with pytest.raises(ServerError) as error:
        await house.floor.whisper(board.viewer.visitor, "c", "psst")
    assert error.value.code == "away"


async def test_what_is_done_about_an_alert_is_kept_and_told_to_all_boards(house: House):
    board, other = Board(house.floor, "Refunds"), Board(house.floor, "Refunds", name="Kim")
    await house.publish(ADA, started(), alert(5, team="Refunds"))
    await board.hear("alert")
    await house.floor.change(house.floor.after(board.viewer.visitor, wire.AlertAck(id="c-a1")))
    await other.hear("alert")
    assert (await other.hear("alert"))["state"] == "acknowledged"
    assert [(a.id, a.state, a.by) for a in house.memory.changed] == [("c-a1", "acknowledged", "Sam")]
    late = Board(house.floor, "Refunds")
    assert (await late.hear("alert"))["state"] == "acknowledged"
    stranger = Board(house.floor, "Bookings")
    with pytest.raises(ServerError) as error:
        house.floor.after(stranger.viewer.visitor, wire.AlertAck(id="c-a1"))
    assert error.value.code == "forbidden"


async def test_a_process_that_begins_knows_from_the_store_how_all_stands():
    house = House()
    began = datetime.now(UTC) - timedelta(seconds=30)
    house.memory.live = [Remembered("c", ADA, 7, began, (moment(7, "nudged", at=12.0),))]
    house.memory.raised = [alert(7, team="Refunds", raised_at=began)]
    async with running(house):
        board = Board(house.floor, "Refunds")
        card = await board.card("ada", call="c", unrepaired=1)
        assert card["state"] == "away"
        assert datetime.fromisoformat(card["call_since"]) == began
        assert (await board.hear("alert"))["id"] == "c-a1"
        house.floor.arrive(ADA, nothing)
        await house.publish(ADA, moment(7, "repaired"), moment(8, "recovered"))
        assert (await board.card("ada", unrepaired=0))["noes"] == 1


async def test_a_store_that_is_away_when_it_is_asked_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    class Away(Memory):
        asked = 0

        def calls(self) -> Sequence[Remembered]:
            self.asked += 1
            if self.asked == 1:
                raise StoreError("the database is away")
            return super().calls()

    monkeypatch.setattr(floor, "AGAIN", 0.01)
    house = House(Away())
    async with running(house):
        house.floor.arrive(ADA, nothing)
        await Board(house.floor, "Refunds").card("ada")
    assert house.memory.asked == 2


async def test_who_was_moved_to_another_team_reads_along_no_more(house: House):
    board, other = Board(house.floor, "Refunds"), Board(house.floor, "Refunds", name="Kim")
    await house.publish(ADA, started())
    await board.card("ada", state="away", call="c")
    await house.floor.open(board.viewer, "c")
    await house.floor.open(other.viewer, "c")
    board.viewer.visitor = Board(house.floor, "Bookings").viewer.visitor
    await house.publish(ADA, said(2))
    await other.hear("transcript")
    assert not [text for text in board.viewer._waiting if '"transcript","call"' in text]


async def test_what_comes_of_a_call_after_its_end_puts_the_agent_on_it_no_more(house: House):
    board = Board(house.floor, "Refunds")
    house.floor.arrive(ADA, nothing)
    await house.publish(
        ADA, started(), ended(2), thumb(3), moment(4), thumb(9, call="long ago"), alert(5, team="Refunds")
    )
    await board.hear("alert")  # it came last
    [team] = (await Board(house.floor, "Refunds").hear("wall"))["teams"]
    assert [(card["state"], card["call"]) for card in team["cards"]] == [("ready", None)]


async def test_an_event_that_comes_again_is_told_once(house: House):
    board = Board(house.floor, "Refunds")
    await house.publish(ADA, started(), said(2))
    await board.card("ada", call="c")
    await house.floor.open(board.viewer, "c")
    await house.publish(ADA, said(2), said(3, "next"), said(2), said(3, "next"), said(4, "last"))
    heard = [(await board.hear("transcript"))["seq"] for _ in range(2)]
    assert heard == [3, 4]


def crowd(count: int = 3 * QUEUE) -> list[tuple[Member, wire.Alert]]:
    """So many agents of one team, each with an alert."""
    return [
        (Member(user, user, "Refunds"), alert(1, id_=f"{user}-a1", call=user, agent=user, team="Refunds"))
        for user in (f"ada{number}" for number in range(count))
    ]


async def test_a_board_that_comes_while_many_alerts_stand_is_told_of_all():
    house = House()
    raised = [alert.model_copy(update={"raised_at": datetime.now(UTC)}) for _, alert in crowd()]
    house.memory.raised = raised
    async with running(house):
        board = Board(house.floor, "Refunds")
        assert await board.hear_alerts(len(raised)) == [alert.id for alert in raised]
        assert board.viewer.closed is None


async def test_boards_stay_where_the_floor_begins_anew_while_many_alerts_stand():
    house = House()
    house.bus = LocalBus(length=10)
    house.floor = Floor(house.bus, house.memory)
    async with running(house):
        board = Board(house.floor, "Refunds")
        house.memory.raised = [alert.model_copy(update={"raised_at": datetime.now(UTC)}) for _, alert in crowd()]
        for _ in range(20):  # the floor is not asked meanwhile, and falls behind
            await house.bus.append("of another version", ["{}"])
        assert len(await board.hear_alerts(len(house.memory.raised))) == len(house.memory.raised)


async def test_boards_stay_where_many_alerts_come_at_once(house: House):
    board, alerts = Board(house.floor, "Refunds"), crowd()
    hearing = asyncio.create_task(board.hear_alerts(len(alerts)))
    await board.hear("wall")
    texts = [Published(member=member, message=message).model_dump_json() for member, message in alerts]
    await house.bus.append(EVENTS, texts)
    assert await hearing == [alert.id for _, alert in alerts]


async def test_boards_stay_where_many_alerts_are_open_again_at_once():
    house, clock = House(), [datetime.now(UTC)]
    house.floor = Floor(house.bus, house.memory, now=lambda: clock[0])
    asleep: dict[str, object] = {"state": "snoozed", "until": clock[0] + timedelta(minutes=1), "raised_at": clock[0]}
    house.memory.raised = [alert.model_copy(update=asleep) for _, alert in crowd()]
    async with running(house):
        board = Board(house.floor, "Refunds")
        await board.hear_alerts(len(house.memory.raised))
        clock[0] += timedelta(minutes=2)
        house.floor.arrive(ADA, nothing)  # then it looks at the time
        assert {(await board.hear("alert"))["state"] for _ in house.memory.raised} == {"open"}


async def test_a_call_that_was_deleted_is_let_go_of(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(floor, "FORGET", 0.01)
    async with running(House()) as house:
        board = Board(house.floor, "Refunds")
        house.floor.arrive(ADA, nothing)
        await house.publish(ADA, started(), said(2, "sold out"), moment(3), alert(4, team="Refunds", asked="a refund"))
        raised = await board.hear("alert")
        assert (raised["quote"], raised["asked"], raised["state"]) == ("No.", "a refund", "open")
        house.memory.gone.add("c")
        told = await board.hear("alert")
        assert (told["id"], told["quote"], told["asked"], told["state"]) == ("c-a1", "", "", "acknowledged")
        await board.card("ada", call=None, moment=None, state="ready")
        with pytest.raises(ServerError):
            house.floor.allow(board.viewer, "c")
        with pytest.raises(ServerError):
            house.floor.alert(board.viewer.visitor, "c-a1")
        later = Board(house.floor, "Refunds")
        house.floor.leave(later.viewer)
        later.viewer.close(1000, "done")
        assert "c-a1" not in str([text async for text in later.viewer])


async def test_a_store_that_cannot_be_asked_what_was_deleted_ends_nothing(monkeypatch: pytest.MonkeyPatch):
    class Away(Memory):
        asked = 0

        def deleted(self, calls: Collection[str]) -> Collection[str]:
            self.asked += 1
            if self.asked == 1:
                raise StoreError("the database is away")
            return super().deleted(calls)

    monkeypatch.setattr(floor, "FORGET", 0.01)
    memory = Away()
    async with running(House(memory)) as house:
        board = Board(house.floor, "Refunds")
        await house.publish(ADA, started(), alert(2, team="Refunds"))
        assert (await board.hear("alert"))["state"] == "open"
        memory.gone.add("c")
        assert (await board.hear("alert"))["state"] == "acknowledged"
        assert memory.asked > 1


async def test_what_was_said_is_forgotten_once_its_agent_is_off_the_wall(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(floor, "BEAT", 0.01)
    house = House()
    clock = [datetime(2026, 5, 4, 12, tzinfo=UTC)]
    house.floor = Floor(house.bus, house.memory, now=lambda: clock[0])
    async with running(house):
        board = Board(house.floor, "Refunds")
        await house.publish(ADA, started(), said(2, "sold out"))
        await board.card("ada", call="c")
        assert len(house.floor._calls.snapshot("c").transcripts) == 1
        clock[0] += timedelta(minutes=11)
        async with asyncio.timeout(20):
            while not any("ada" in team["gone"] for team in (await board.hear("wall"))["teams"]):
                pass
        assert house.floor._calls.snapshot("c").transcripts == ()
