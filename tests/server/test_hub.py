"""Who hears what, nothing twice and nothing missing, and what a late joiner is told."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from server.station import transcript

from voiceassist.errors import ServerError, VoiceassistError
from voiceassist.server import hub as hub_module
from voiceassist.server import messages as wire
from voiceassist.server.callstate import TRANSCRIPTS, CallState
from voiceassist.server.hub import Hub

CARD = wire.Scorecard(
    counts=wire.Counts(noes=0, repaired=0, recovered=0, expired=0, withdrawn=0, nudges=0, well_said=0),
    well_redirected=0,
    closing=False,
    noes=(),
)


def nudge(id_: str = "c-n1", **fields) -> wire.Nudge:
    envelope = {"call": "c", "at": 1.0, "seq": 1, **fields}
    return wire.Nudge(
        id=id_, moment="c-1", kind="offer_alternative", text="Offer", quote="No", expires_at=11.0, **envelope
    )


def moment(id_: str = "c-1", state: str = "open") -> wire.Moment:
    return wire.Moment(call="c", at=1.0, id=id_, state=state, quote="No")


ALERT = wire.Alert(call="c", id="c-a1", why="second_unrepaired", moment="c-1", quote="No")
EVERY_KIND: list[wire.CallEvent] = [
    wire.CallStarted(call="c"),
    transcript(1),
    moment(),
    nudge(),
    wire.NudgeCleared(call="c", id="c-n1", why="expired"),
    wire.Praise(call="c", moment="c-1", text="Well said"),
    wire.Audio(call="c", state="listening"),
    ALERT,
    wire.Whisper(call="c", text="psst"),
    wire.Error(call="c", code="engine", message="it broke"),
    wire.CallEnded(call="c", scorecard=CARD),
]


async def drained(client) -> list[dict]:
    """All that waits for a client, which is closed by it."""
    client.close(1000, "")
    return [json.loads(text) async for text in client]


def ignore(_command: wire.Command) -> None:
    pass


@pytest.mark.parametrize(
    ("role", "unheard"),
    [("agent", {"alert"}), ("supervisor", {"transcript", "praise", "audio", "whisper", "error"})],
)
async def test_each_role_hears_what_is_for_it(role, unheard):
    hub = Hub(ignore)
    client = hub.join(role, hub.snapshot(role).cursor)
    for message in EVERY_KIND:
        hub.publish(message)
    heard = [message["type"] for message in await drained(client)]
    assert heard == [message.type for message in EVERY_KIND if message.type not in unheard]


async def test_a_message_is_put_into_text_once():
    hub = Hub(ignore)
    clients = [hub.join("agent", hub.snapshot("agent").cursor) for _ in range(3)]
    hub.publish(transcript(1))
    texts = []
    for client in clients:
        client.close(1000, "")
        texts += [text async for text in client]
    assert len(texts) == 3
    assert all(text is texts[0] for text in texts)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=30), st.data())
def test_who_comes_back_misses_nothing_and_hears_nothing_twice(steps, data):
    """A client that leaves at any time, having seen any part of what it was sent, resumes with the next message."""

    async def check():
        hub = Hub(ignore)
        cursor, seen, published = hub.snapshot("agent").cursor, [], 0
        client = hub.join("agent", cursor)
        for count, leaves in steps:
            for _ in range(count):
                published += 1
                hub.publish(transcript(published))
            if leaves:
                hub.leave(client)
                waiting = await drained(client)
                for message in waiting[: data.draw(st.integers(0, len(waiting)))]:
                    seen.append(message["seq"])
                    cursor = message["cursor"]
                client = hub.join("agent", cursor)
                assert client.resumed
        seen += [message["seq"] for message in await drained(client)]
        assert seen == list(range(1, published + 1))

    asyncio.run(check())


async def test_a_cursor_of_nobody_gives_a_snapshot():
    hub = Hub(ignore)
    hub.publish(transcript(1))
    epoch, _, number = hub.snapshot("agent").cursor.partition("-")
    strange = ["", "x", "-", f"{epoch}-", f"{epoch}-x", f"{epoch}--1", f"{epoch}-{int(number) + 1}", f"{epoch}-²"]
    for cursor in (None, *strange, f"00000000-{number}", f"{epoch}-{'9' * 5_000}"):
        client = hub.join("agent", cursor)
        assert not client.resumed
        assert [message["type"] for message in await drained(client)] == ["snapshot"]


async def test_a_cursor_that_is_too_old_gives_a_snapshot(monkeypatch):
    monkeypatch.setattr(hub_module, "LOG", 10)
    hub = Hub(ignore)
    cursors = [hub.snapshot("agent").cursor]
    for seq in range(1, 13):
        hub.publish(transcript(seq))
        cursors.append(hub.snapshot("agent").cursor)
    assert not hub.join("agent", cursors[1]).resumed
    resumed = hub.join("agent", cursors[2])
    assert resumed.resumed
    assert [message["seq"] for message in await drained(resumed)] == list(range(3, 13))


async def test_a_client_that_takes_nothing_is_dropped_and_nobody_notices():
    hub = Hub(ignore)
    stalled, reader = hub.join("agent"), hub.join("agent")
    heard = []
    reading = aiter(reader)
    await anext(reading)
    for seq in range(1, 1_001):
        hub.publish(transcript(seq))
        heard.append(json.loads(await anext(reading))["seq"])
    assert heard == list(range(1, 1_001))
    assert stalled.closed == (1013, "too slow")
    assert [text async for text in stalled] == []
    assert hub.clients == 1


async def test_a_long_absence_does_not_drop_who_comes_back():
    hub = Hub(ignore)
    cursor = hub.snapshot("agent").cursor
    for seq in range(1, 1_001):
        hub.publish(transcript(seq))
    client = hub.join("agent", cursor)
    hub.publish(transcript(1_001))
    assert [message["seq"] for message in await drained(client)] == list(range(1, 1_002))


async def test_there_is_an_end_to_clients():
    hub = Hub(ignore)
    clients = [hub.join("agent") for _ in range(hub_module.CLIENTS)]
    with pytest.raises(ServerError) as refused:
        hub.join("agent")
    assert refused.value.code == "full"
    hub.leave(clients[0])
    hub.leave(clients[0])
    hub.join("agent")


# --- the snapshot -----------------------------------------------------------------------------------------------------


def test_before_the_first_call_a_snapshot_is_empty():
    shot = Hub(ignore).snapshot("agent")
    assert shot.call is None
    assert not shot.live
    assert shot.cursor is not None


def test_a_late_joiner_is_told_all_that_stands():
    now = [50.0]
    hub = Hub(ignore, lambda: now[0])
    second = nudge("c-n2", at=9.0)
    for message in (
        wire.CallStarted(call="c"),
        wire.Audio(call="c", state="listening"),
        transcript(1),
        transcript(2, "hel", final=False),
        moment(),
        moment(state="nudged"),
        nudge(),
        wire.NudgeCleared(call="c", at=8.0, id="c-n1", why="replaced"),
        second,
        wire.Praise(call="c", moment="c-1", text="Well said"),
        ALERT,
    ):
        hub.publish(message)
    now[0] += 2.5
    shot = hub.snapshot("agent")
    assert (shot.call, shot.live, shot.at, shot.audio, shot.paused) == ("c", True, 11.5, "listening", False)
    assert [(m.id, m.state) for m in shot.moments] == [("c-1", "nudged")]
    assert shot.nudge is not None
    assert shot.nudge.id == "c-n2"
    assert [(past.nudge.id, past.why, past.cleared_at) for past in shot.history] == [("c-n1", "replaced", 8.0)]
    assert [t.seq for t in shot.transcripts] == [1]
    assert [p.text for p in shot.praises] == ["Well said"]
    assert shot.alerts == ()
    board = hub.snapshot("supervisor")
    assert board.transcripts == ()
    assert [alert.id for alert in board.alerts] == ["c-a1"]


def test_after_a_call_its_scorecard_stands_and_its_clock_does_not_run():
    now = [0.0]
    hub = Hub(ignore, lambda: now[0])
    hub.publish(wire.CallStarted(call="c"))
    hub.publish(nudge())
    hub.publish(wire.NudgeCleared(call="c", at=3.0, id="c-n1", why="call_ended"))
    hub.publish(wire.CallEnded(call="c", at=4.0, scorecard=CARD))
    now[0] += 100
    shot = hub.snapshot("agent")
    assert (shot.live, shot.at, shot.nudge, shot.scorecard) == (False, 4.0, None, CARD)
    assert hub.live is None
    hub.publish(wire.CallStarted(call="d"))
    assert hub.live == "d"
    assert hub.snapshot("agent").scorecard is None
    assert hub.snapshot("agent", "c").scorecard == CARD
    assert [state.call for state in hub.calls] == ["c", "d"]


def test_a_snapshot_holds_the_latest_final_words_only():
    state = CallState("c", datetime.now(UTC))
    for seq in range(1, 200):
        state.receive(transcript(seq))
    assert [t.seq for t in state.snapshot("agent", 0).transcripts] == list(range(200 - TRANSCRIPTS, 200))


def test_the_clearing_of_another_nudge_leaves_the_standing_one():
    state = CallState("c", datetime.now(UTC))
    state.receive(nudge("c-n2"))
    state.receive(wire.NudgeCleared(call="c", id="c-n1", why="expired"))
    assert state.snapshot("agent", 0).nudge == nudge("c-n2")


def test_old_calls_are_forgotten(monkeypatch):
    monkeypatch.setattr(hub_module, "CALLS", 3)
    hub = Hub(ignore)
    for call in "abcde":
        hub.publish(wire.CallStarted(call=call))
        hub.publish(wire.CallEnded(call=call, scorecard=CARD))
    assert [state.call for state in hub.calls] == ["c", "d", "e"]
    with pytest.raises(ServerError) as unknown:
        hub.snapshot("agent", "a")
    assert unknown.value.code == "unknown-call"


def test_the_pause_stands_in_the_snapshot():
    hub = Hub(ignore)
    hub.publish(wire.Audio(state="paused"))
    assert hub.snapshot("agent").paused
    hub.publish(wire.Audio(state="lost"))
    assert hub.snapshot("agent").paused, "a microphone may be lost in a pause"
    hub.publish(wire.Audio(state="listening"))
    assert not hub.snapshot("agent").paused


def test_the_snapshot_tells_each_side_s_sound_and_the_agent_s_device():
    hub = Hub(ignore)
    hub.publish(wire.Audio(state="listening", device="Headset"))
    hub.publish(wire.Audio(state="lost", channel="customer", device="Line"))
    shot = hub.snapshot("agent")
    assert (shot.audio, shot.customer_audio, shot.device, shot.paused) == ("listening", "lost", "Headset", False)


# --- commands ---------------------------------------------------------------------------------------------------------


def test_commands_are_handed_on():
    commands = []
    hub = Hub(commands.append)
    given_ = [wire.CallStart(), wire.Pause(), wire.Resume(), wire.Painted(id="n"), wire.Feedback(id="n", helpful=True)]
    for command in given_:
        hub.command(command)
    assert commands == given_


def test_commands_that_cannot_be_meant_are_refused():
    commands = []
    hub = Hub(commands.append)
    for command, code in ((wire.CallEnd(), "no-call"), (wire.CallEnd(call="c"), "no-call")):
        with pytest.raises(ServerError) as refused:
            hub.command(command)
        assert refused.value.code == code
    hub.publish(wire.CallStarted(call="c"))
    for command, code in ((wire.CallStart(), "call-live"), (wire.CallEnd(call="x"), "unknown-call")):
        with pytest.raises(ServerError) as refused:
            hub.command(command)
        assert refused.value.code == code
    assert commands == []
    hub.command(wire.CallEnd(call="c"))
    assert commands == [wire.CallEnd(call="c")]


def test_a_call_that_goes_on_to_a_hub_has_an_id_that_no_other_has():
    """A softphone may give the id of a call that was put through, or the same one each time."""
    ids: list[str | None] = []
    hub, other = (Hub(lambda command: ids.append(command.call), apart=True) for _ in range(2))
    for one in (hub, other, hub):
        begun = one.command(wire.CallStart(call="leg-7"))
        assert begun.call == ids[-1]
        one.publish(wire.CallStarted(call=begun.call))
        one.publish(wire.CallEnded(call=begun.call, scorecard=CARD))
    assert len(set(ids)) == 3
    assert all(id_ is not None and id_.startswith("leg-7-") for id_ in ids)
    longest = hub.command(wire.CallStart(call="x" * 200)).call
    assert longest is not None
    assert len(longest) <= 200
    assert hub.command(wire.CallStart()).call is None


def test_a_program_goes_on_by_the_id_that_it_gave():
    commands = []
    hub = Hub(commands.append, apart=True)
    ids = []
    for _ in range(2):
        begun = hub.command(wire.CallStart(call="leg-7"))
        ids.append(begun.call)
        hub.publish(wire.CallStarted(call=begun.call))
        assert hub.snapshot("agent", "leg-7").call == begun.call
        with pytest.raises(ServerError):
            hub.command(wire.CallEnd(call="leg-8"))
        hub.command(wire.CallEnd(call="leg-7"))
        hub.publish(wire.CallEnded(call=begun.call, scorecard=CARD))
    assert [hub.snapshot("agent", id_).call for id_ in (*ids, "leg-7")] == [*ids, ids[1]]


def test_a_call_that_did_not_begin_leaves_its_id_to_the_one_before():
    refused = False

    def start(_command: wire.Command) -> None:
        if refused:
            raise VoiceassistError("not now")

    hub = Hub(start, apart=True)
    first = hub.command(wire.CallStart(call="leg-7")).call
    hub.publish(wire.CallStarted(call=first))
    hub.publish(wire.CallEnded(call=first, scorecard=CARD))
    refused = True
    with pytest.raises(VoiceassistError, match="not now"):
        hub.command(wire.CallStart(call="leg-7"))
    assert hub.snapshot("agent", "leg-7").call == first


@pytest.mark.parametrize("for_", [30.0, "call", "today"])
def test_the_snooze_stands_in_the_snapshot_until_it_is_over(for_):
    now = [0.0]
    hub = Hub(ignore, lambda: now[0])
    hub.publish(wire.CallStarted(call="c"))
    hub.command(wire.Snooze(for_=for_))
    now[0] = 10.0
    shot = hub.snapshot("agent")
    assert (shot.snoozed, shot.snoozed_until) == (True, 30.0 if for_ == 30.0 else None)
    now[0] = 30.0
    hub.publish(wire.CallEnded(call="c", at=30.0, scorecard=CARD))
    assert hub.snapshot("agent").snoozed == (for_ == "today")


def test_a_snooze_that_was_refused_does_not_stand():
    def refuse(_command: wire.Command) -> None:
        raise VoiceassistError("not now")

    hub = Hub(refuse)
    with pytest.raises(VoiceassistError, match="not now"):
        hub.command(wire.Snooze(for_="today"))
    assert not hub.snapshot("agent").snoozed


async def test_who_waits_for_the_first_listener_is_told():
    hub = Hub(ignore)
    assert not hub.joined.is_set()
    hub.join("agent")
    await hub.joined.wait()
