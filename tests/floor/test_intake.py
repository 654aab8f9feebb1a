"""Events come in once and in order, and are acknowledged when the store and the bus have them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from floor.told import ADA, BEN, alert, ended, moment, said, started
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceassist.bus.base import Entry
from voiceassist.bus.local import LocalBus
from voiceassist.errors import ServerError
from voiceassist.floor.intake import AT_ONCE, EVENTS, LONGEST, OPEN, UNDER_WAY, WEIGHT, Intake, Known
from voiceassist.floor.member import Member
from voiceassist.floor.published import Published
from voiceassist.server import messages as wire


class Keeping:
    """Keeps in memory; commits when told to, or at once."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.at_once = at_once
        self.full = False
        self.taken: list[wire.CallEvent] = []
        self.forgotten: list[str] = []
        self.intake: Intake | None = None

    def take(self, message: wire.CallEvent, *, owner: str | None, team: str | None, agent: str) -> bool:
        if self.full:
            return False
        assert (owner, team, agent) == (ADA.user, ADA.team, ADA.name)
        self.taken.append(message)
        if self.at_once:
            self.commit()
        return True

    def commit(self) -> None:
        assert self.intake is not None
        self.intake.kept({m.call: m.seq for m in self.taken if m.call is not None and m.seq is not None})

    def forget(self, call: str) -> None:
        self.forgotten.append(call)


class Line:
    """A machine's line: what it was told."""

    def __init__(self) -> None:
        self.acks: list[tuple[str | None, int | None]] = []
        self._told = asyncio.Event()

    def __call__(self, message: wire.Acked) -> None:
        self.acks.append((message.call, message.seq))
        self._told.set()

    async def until(self, call: str, seq: int) -> None:
        async with asyncio.timeout(20):
            while (call, seq) not in self.acks:
                self._told.clear()
                await self._told.wait()


@asynccontextmanager
async def intake(keeping: Keeping, known: dict[str, Known] | None = None) -> AsyncIterator[tuple[Intake, LocalBus]]:
    bus = LocalBus()
    made = keeping.intake = Intake(keeping, (known or {}).get, bus)
    running = asyncio.create_task(made.run())
    yield made, bus
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await bus.aclose()


async def passed(bus: LocalBus, count: int) -> list[Published]:
    """The events that the bus carries, from before now on."""
    found: list[Published] = []
    async with asyncio.timeout(20):
        async for entry in bus.follow():
            if getattr(entry, "kind", None) == EVENTS:
                found += [Published.model_validate_json(text) for text in entry.texts]
            if len(found) >= count:
                return found
    raise AssertionError


async def test_an_event_is_kept_passed_on_and_acknowledged():
    keeping, line = Keeping(), Line()
    async with intake(keeping) as (made, bus):
        for message in (started(), moment(2), said(5)):
            await made.receive(ADA, message, line)
        await line.until("c", 5)
        assert [m.seq for m in keeping.taken] == [1, 2, 5]
        assert [(p.member, p.message.seq) for p in await passed(bus, 3)] == [(ADA, 1), (ADA, 2), (ADA, 5)]


async def test_nothing_is_acknowledged_before_the_store_has_it():
    keeping, line = Keeping(at_once=False), Line()
    async with intake(keeping) as (made, bus):
        await made.receive(ADA, started(), line)
        await passed(bus, 1)
        assert line.acks == []
        keeping.commit()
        await line.until("c", 1)


async def test_what_still_comes_of_a_call_that_was_deleted_is_acknowledged_and_goes_nowhere():
    keeping, line = Keeping(), Line()
    async with intake(keeping, {"gone": Known(None, 0, deleted=True)}) as (made, bus):
        for message in (said(7, call="gone"), ended(8, call="gone"), started()):
            await made.receive(ADA, message, line)
        await line.until("gone", 8)
        await line.until("c", 1)
        assert [m.call for m in keeping.taken] == ["c"]
        assert [p.message.call for p in await passed(bus, 1)] == ["c"]
        assert made.unacknowledged == 0


async def test_what_comes_again_is_taken_once_and_acknowledged_again():
    keeping, line, again = Keeping(), Line(), Line()
    async with intake(keeping) as (made, bus):
        for message in (started(), moment(2)):
            await made.receive(ADA, message, line)
        await line.until("c", 2)
        for message in (started(), moment(2), moment(3, "nudged")):
            await made.receive(ADA, message, again)
        await again.until("c", 3)
        assert [m.seq for m in keeping.taken] == [1, 2, 3]
        assert [p.message.seq for p in await passed(bus, 3)] == [1, 2, 3]


async def test_what_another_process_had_kept_is_passed_on_since_that_one_may_have_died_before_it_did():
    keeping, line = Keeping(), Line()
    async with intake(keeping, {"c": Known("ada", 2)}) as (made, bus):
        for message in (moment(2), moment(3)):
            await made.receive(ADA, message, line)
        await line.until("c", 3)
        assert [p.message.seq for p in await passed(bus, 2)] == [2, 3]


async def test_somebody_elses_call_is_refused():
    async with intake(Keeping(), {"c": Known("ben", 7)}) as (made, _):
        with pytest.raises(ServerError) as error:
            await made.receive(ADA, moment(8), Line())
        assert error.value.code == "forbidden"


async def test_a_call_that_is_on_belongs_to_who_began_it():
    async with intake(Keeping()) as (made, _):
        await made.receive(ADA, started(), Line())
        with pytest.raises(ServerError) as error:
            await made.receive(BEN, moment(2), Line())
        assert error.value.code == "forbidden"


@pytest.mark.parametrize(
    "message",
    [
        moment(1).model_copy(update={"seq": None}),
        moment(1).model_copy(update={"seq": 0}),
        moment(1).model_copy(update={"call": None}),
        moment(1).model_copy(update={"call": "c" * 201}),
        moment(1).model_copy(update={"at": -1.0}),
        moment(1).model_copy(update={"at": 1e9}),
        said(3, final=False),
        wire.Whisper(call="c", seq=1, text="psst"),
        wire.Watched(call="c", seq=1, by=("Sam",)),
    ],
    ids=["no seq", "seq 0", "no call", "long call", "before", "far", "partial", "whisper", "watched"],
)
async def test_an_event_that_no_machine_may_publish_is_refused(message: wire.CallEvent):
    async with intake(keeping := Keeping()) as (made, _):
        with pytest.raises(ServerError) as error:
            await made.receive(ADA, message, Line())
        assert error.value.code == "bad-event"
        assert keeping.taken == []


async def test_whose_alert_it_is_and_how_it_stands_is_said_by_the_hub():
    keeping, line = Keeping(), Line()
    async with intake(keeping) as (made, _):
        await made.receive(ADA, alert(3, agent="ben", team="Bookings", state="acknowledged", by="me"), line)
        await line.until("c", 3)
    [taken] = keeping.taken
    assert isinstance(taken, wire.Alert)
    assert (taken.agent, taken.team, taken.state, taken.by) == ("ada", "Refunds", "open", "")
    assert taken.raised_at is not None


async def test_who_sends_more_than_the_store_can_take_waits_and_loses_nothing():
    keeping, line = Keeping(), Line()
    async with intake(keeping) as (made, _):
        await made.receive(ADA, started(), line)
        keeping.full = True
        waiting = asyncio.create_task(made.receive(ADA, moment(2), line))
        await asyncio.sleep(0)
        keeping.commit()
        await asyncio.sleep(0)
        assert not waiting.done()
        keeping.full = False
        keeping.commit()
        await waiting
        await line.until("c", 2)


async def test_a_call_is_left_to_others_when_its_line_is_gone_or_it_has_ended():
    keeping, line = Keeping(), Line()
    async with intake(keeping) as (made, _):
        await made.receive(ADA, started(), line)
        made.leave(line)
        assert keeping.forgotten == ["c"]
        await made.receive(ADA, ended(4), line)
        await line.until("c", 4)
        await made.receive(ADA, started("d"), line)
        await line.until("d", 1)
        assert keeping.forgotten == ["c", "c"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 12), max_size=40))
def test_however_often_events_come_each_counts_once_and_in_order(seqs: list[int]):
    async def play() -> None:
        keeping = Keeping()
        async with intake(keeping) as (made, _):
            for seq in seqs:
                await made.receive(ADA, moment(seq), Line())
            taken = [m.seq for m in keeping.taken]
            assert taken == sorted(set(taken))

    asyncio.run(play())


async def test_a_method_of_a_connection_is_known_again_when_it_leaves():
    """Python makes another object of a method each time it is asked for."""

    class Connection:
        def tell(self, _message: wire.Acked) -> None:
            pass

    keeping = Keeping()
    async with intake(keeping) as (made, _):
        machine, other = Connection(), Connection()
        await made.receive(ADA, started(), machine.tell)
        made.leave(other.tell)
        assert keeping.forgotten == []
        made.leave(machine.tell)
        assert keeping.forgotten == ["c"]


# --- one that sends without end ---------------------------------------------------------------------------------------


async def sending(made: Intake, messages: list[wire.CallEvent], line: Line) -> None:
    for message in messages:
        await made.receive(ADA, message, line)


async def test_a_line_waits_where_much_of_it_is_under_way_and_others_go_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voiceassist.floor.intake.ACK_SECONDS", 0.001)
    keeping, line, other = Keeping(at_once=False), Line(), Line()
    async with intake(keeping) as (made, _):
        messages = [started(), *(moment(seq) for seq in range(2, UNDER_WAY + 10))]
        task = asyncio.create_task(sending(made, messages, line))
        while len(keeping.taken) < UNDER_WAY:
            await asyncio.sleep(0)
        await made.receive(ADA, started("d"), other)
        await made.receive(ADA, moment(2, call="d"), other)
        made.kept({"d": 2})
        await other.until("d", 2)
        assert [m.call for m in keeping.taken].count("c") == UNDER_WAY
        assert not task.done()
        keeping.commit()
        await line.until("c", UNDER_WAY)
        await task
        keeping.commit()
        await line.until("c", UNDER_WAY + 9)
        assert [m.seq for m in keeping.taken if m.call == "c"] == [m.seq for m in messages]


async def test_it_waits_for_what_is_heavy_sooner(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voiceassist.floor.intake.ACK_SECONDS", 0.001)
    keeping, line = Keeping(at_once=False), Line()
    heavy = "x" * 60_000
    async with intake(keeping) as (made, _):
        messages = [started(), *(said(seq, heavy) for seq in range(2, 60))]
        task = asyncio.create_task(sending(made, messages, line))
        while len(keeping.taken) < WEIGHT // len(heavy) - 1:
            await asyncio.sleep(0)
        assert len(keeping.taken) <= WEIGHT // len(heavy) + 1
        while not task.done():
            keeping.commit()
            await asyncio.wait([task], timeout=0.05)
        keeping.commit()
        await line.until("c", 59)


async def test_what_is_no_news_counts_too():
    keeping, line = Keeping(), Line()
    async with intake(keeping) as (made, _):
        await made.receive(ADA, started(), line)
        await line.until("c", 1)
        task = asyncio.create_task(sending(made, [started()] * (AT_ONCE + 5), line))
        await asyncio.sleep(0)
        assert made.known < AT_ONCE + 5
        await task
        assert made.known == AT_ONCE + 5


async def test_a_line_that_comes_back_is_not_charged_with_what_was_under_way_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voiceassist.floor.intake.ACK_SECONDS", 0.001)
    keeping, line, next_ = Keeping(at_once=False), Line(), Line()
    async with intake(keeping) as (made, _):
        messages: list[wire.CallEvent] = [started(), *(moment(seq) for seq in range(2, UNDER_WAY + 1))]
        await sending(made, messages, line)
        made.leave(line)
        await sending(made, messages, next_)
        keeping.commit()
        await next_.until("c", UNDER_WAY)


async def test_a_call_that_comes_by_another_line_takes_what_is_under_way_along(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voiceassist.floor.intake.ACK_SECONDS", 0.001)
    keeping, line, next_ = Keeping(at_once=False), Line(), Line()
    async with intake(keeping) as (made, _):
        messages: list[wire.CallEvent] = [started(), *(moment(seq) for seq in range(2, UNDER_WAY + 1))]
        await sending(made, messages, line)
        await made.receive(ADA, moment(UNDER_WAY + 1), next_)
        await made.receive(ADA, started("d"), line)
        keeping.commit()
        await next_.until("c", UNDER_WAY + 1)
        await line.until("d", 1)


async def test_a_long_event_is_refused_save_words_and_the_end_of_a_call():
    keeping, line = Keeping(), Line()
    async with intake(keeping) as (made, _):
        await made.receive(ADA, started(), line)
        with pytest.raises(ServerError) as refused:
            await made.receive(ADA, moment(2, quote="x" * LONGEST), line)
        assert refused.value.code == "too-big"
        await made.receive(ADA, said(3, "x" * LONGEST), line)
        await line.until("c", 3)
        assert [m.seq for m in keeping.taken] == [1, 3]


async def test_calls_that_rest_are_asked_for_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voiceassist.floor.intake.ACK_SECONDS", 0.001)
    keeping, line, known = Keeping(), Line(), dict[str, Known]()
    async with intake(keeping, known) as (made, _):
        for number in range(2 * OPEN):
            await made.receive(ADA, started(f"c{number}"), line)
            await line.until(f"c{number}", 1)
            known[f"c{number}"] = Known(ADA.user, 1)
        assert keeping.forgotten == [f"c{number}" for number in range(OPEN)]
        await made.receive(ADA, moment(2, call="c0"), line)
        await line.until("c0", 2)
        assert [m.seq for m in keeping.taken if m.call == "c0"] == [1, 2]


@pytest.mark.parametrize("known", [{}, {"c": Known("ada", 1, team=ADA.team)}], ids=["begun here", "known to the store"])
async def test_a_call_stays_in_the_team_in_which_it_began(known: dict[str, Known]):
    keeping, line = Keeping(), Line()  # it sees to it that the team is the first one
    moved = Member(ADA.user, ADA.name, BEN.team)
    async with intake(keeping, known) as (made, bus):
        follower = bus.follow(await bus.head())
        if not known:
            await made.receive(ADA, started(), line)
        await made.receive(moved, alert(2, team=BEN.team), Line())
        published: list[Published] = []
        async with asyncio.timeout(20):
            while len(published) < len(keeping.taken):
                entry = await anext(follower)
                assert isinstance(entry, Entry)
                published += map(Published.model_validate_json, entry.texts)
        assert {one.member for one in published} == {ADA}
        raised = published[-1].message
        assert isinstance(raised, wire.Alert)
        assert raised.team == ADA.team
