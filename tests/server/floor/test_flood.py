"""An agent's machine that publishes without end: it is slowed down, and nobody else is."""

from __future__ import annotations

import asyncio

from floor.told import alert, ended, moment, nudge, said, started
from server.floor.conftest import Town

from voiceassist.floor.desk import MOST, STANDING
from voiceassist.floor.intake import LONGEST, OPEN
from voiceassist.server import messages as wire
from voiceassist.server.callstate import NEWEST

EVENTS = 1000


async def test_a_call_without_end_is_bounded_and_the_board_stays(town: Town) -> None:
    noes = [moment(seq, id_=f"c-m{seq}") for seq in range(2, EVENTS)]
    async with town.connect("root") as board, town.connect("ada") as machine, town.connect("ben") as other:
        flood = asyncio.create_task(machine.publish(started(), *noes, alert(EVENTS)))
        await other.publish(started("b"), moment(2, call="b", id_="b-m1"))
        await other.acked("b", 2)
        await board.card("ben", call="b", noes=1)
        await machine.acked("c", EVENTS)
        await flood
        await board.card("ada", noes=EVENTS - 2)
        await board.say(type="subscribe", call="c")
        shown = await board.hear("snapshot")
        assert [moment["id"] for moment in shown["moments"]] == [noe.id for noe in noes[-NEWEST:]]


async def test_alerts_without_end_do_not_hide_those_of_others(town: Town) -> None:
    async with town.connect("root") as board, town.connect("ada") as machine, town.connect("ben") as other:
        await machine.publish(started(), *(alert(seq, id_=f"c-a{seq}") for seq in range(2, 3 * MOST)))
        await machine.acked("c", 3 * MOST - 1)
        await other.publish(started("b"), alert(2, id_="b-a1", call="b"))
        seen = [(await board.hear("alert"))["id"]]
        while seen[-1] != "b-a1":
            seen.append((await board.hear("alert"))["id"])
        assert seen == [*(f"c-a{seq}" for seq in range(2, MOST + 2)), "b-a1"]
        async with town.connect("root") as late:
            stand = [(await late.hear("alert"))["id"] for _ in range(STANDING + 1)]
            assert stand == [*seen[-STANDING - 1 : -1], "b-a1"]


async def test_calls_without_end_are_all_kept(town: Town) -> None:
    count = 3 * OPEN
    async with town.connect("ada") as machine:
        for number in range(count):
            await machine.publish(started(f"c{number}"))
        await machine.acked(f"c{count - 1}", 1)
        # One that was left long ago goes on.
        await machine.publish(moment(2, call="c0"), ended(3, call="c0"))
        await machine.acked("c0", 3)
    async with town.http("ada") as client:
        calls = (await client.get("/api/calls", params={"limit": 500})).json()["calls"]
        assert {call["id"] for call in calls} == {f"c{number}" for number in range(count)}
        assert [call["noes"] for call in calls if call["id"] == "c0"] == [1]


async def test_an_event_that_is_long_is_refused_and_those_behind_it_are_taken(town: Town) -> None:
    long: list[wire.CallEvent] = [
        moment(2, quote="x" * LONGEST),
        nudge(3, text="x" * LONGEST),
        alert(4, quote="x" * LONGEST),
    ]
    async with town.connect("ada") as machine:
        await machine.publish(started(), *long, said(5, "x" * LONGEST))
        for seq in (2, 3, 4):
            refused = await machine.hear("error")
            assert (refused["code"], refused["call"], refused["seq"]) == ("too-big", "c", seq)
        await machine.acked("c", 5)
