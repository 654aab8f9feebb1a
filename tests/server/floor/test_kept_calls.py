"""Looking for calls that are kept, and opening one: whose they are, what is written down, and what is no question."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from floor.told import alert, ended, moment, said, started
from server.floor.conftest import Town

from voiceassist import assets
from voiceassist.core.types import Channel, MomentState
from voiceassist.server.floor.app import create_floor_app
from voiceassist.store.tables import AlertRow, CallRow, MomentRow, UtteranceRow

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CALLS = (
    ("refund", "ada", "Refunds", MomentState.EXPIRED, "can I have the late fee back"),
    ("swap", "ada", "Refunds", MomentState.RECOVERED, "can you swap it for a blue one"),
    ("room", "ben", "Bookings", MomentState.EXPIRED, "can I have a late check-out"),
)
"""Id, owner, team, how its no ended, and what the customer said; each began a day after the one before."""


@pytest.fixture(name="kept")
async def town_with_calls(town: Town) -> Town:
    await asyncio.to_thread(_keep, town)
    return town


def _keep(town: Town) -> None:
    with town.hub.house.store.writing() as db:
        for day, (id_, owner, team, state, said) in enumerate(CALLS):
            began = BEGAN + timedelta(days=day)
            row = CallRow(id=id_, owner=owner, team=team, agent=owner.title(), started_at=began, seconds=60.0)
            row.scorecard, row.ended_at = None, began + timedelta(minutes=1)
            db.add(row)
            db.flush()
            db.add(UtteranceRow(call=id_, channel=Channel.CUSTOMER, start=1.0, end=3.0, text=said))
            db.add(_moment(id_, state))
        db.add(_alert("refund", began=BEGAN))


def _moment(call: str, state: MomentState) -> MomentRow:
    return MomentRow(
        call=call,
        id=f"{call}-m1",
        opened=5.0,
        judged=6.2,
        settled=25.0,
        state=state,
        quote="No.",
        asked="",
        unsure=False,
    )


def _alert(call: str, *, began: datetime) -> AlertRow:
    return AlertRow(
        call=call,
        id=f"{call}-a1",
        at=9.0,
        raised_at=began + timedelta(seconds=9),
        why="asked_for_manager",
        moment=f"{call}-m1",
        quote="No.",
        asked="",
        missing=["reason"],
    )


async def found(town: Town, who: str, **query: Any) -> list[str]:
    async with town.http(who) as client:
        answer = await client.get("/api/calls", params=query)
    assert answer.status_code == 200, answer.text
    return [call["id"] for call in answer.json()["calls"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["room", "swap", "refund"]),
        ({"text": "LATE"}, ["room", "refund"]),
        ({"agent": "ada"}, ["swap", "refund"]),
        ({"team": "bookings"}, ["room"]),
        ({"having": "unrepaired"}, ["room", "refund"]),
        ({"having": "alert"}, ["refund"]),
        ({"since": "2026-11-03T00:00:00Z"}, ["room", "swap"]),
        ({"until": "2026-11-03T09:00:00Z"}, ["refund"]),
        ({"text": "late", "agent": "Ada", "having": "unrepaired"}, ["refund"]),
        ({"text": "%"}, []),
    ],
)
async def test_calls_are_found_by_what_is_asked(kept: Town, query: dict[str, str], expected: list[str]) -> None:
    assert await found(kept, "root", **query) == expected


@pytest.mark.parametrize(
    ("who", "expected"),
    [("ada", ["refund"]), ("ben", ["room"]), ("sam", ["refund"]), ("kim", ["room"]), ("root", ["room", "refund"])],
)
async def test_a_search_finds_only_calls_that_one_may_read(kept: Town, who: str, expected: list[str]) -> None:
    for query in ({}, {"team": "Refunds"}, {"team": "Bookings"}, {"agent": "ada"}, {"agent": "ben"}):
        assert set(await found(kept, who, text="late", **query)) <= set(expected)
    assert await found(kept, who, text="late") == expected


async def test_pages_follow_each_other_whatever_a_call_is_called(town: Town) -> None:
    ids = [f"{letter}{'ö' * 199}" for letter in "abc"]
    await asyncio.to_thread(_keep_named, town, ids)
    seen: list[str] = []
    after = ""
    async with town.http("root") as client:
        while after is not None:
            page = (await client.get("/api/calls", params={"limit": 1, "after": after})).json()
            seen += [call["id"] for call in page["calls"]]
            after = page["after"]
    assert seen == ids[::-1]


def _keep_named(town: Town, ids: list[str]) -> None:
    with town.hub.house.store.writing() as db:
        for id_ in ids:
            row = CallRow(id=id_, owner="ada", team="Refunds", started_at=BEGAN)
            row.scorecard = None
            db.add(row)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "501"},
        {"limit": "many"},
        {"text": "a" * 201},
        {"agent": "a" * 201},
        {"team": "a" * 201},
        {"since": "2026-11-01"},
        {"since": "yesterday"},
        {"until": "2026-11-01T00:00:00"},
        {"having": "noise"},
        {"after": "x"},
        {"after": "a" * 1201},
        {"owner": "ben"},
    ],
)
async def test_what_is_no_question_is_refused_without_its_words(kept: Town, query: dict[str, str]) -> None:
    async with kept.http("sam") as client:
        answer = await client.get("/api/calls", params=query)
    assert answer.status_code == 422
    assert set(answer.json()) == {"code", "message"}
    assert "ben" not in answer.text


async def test_who_searches_the_calls_of_others_is_written_down_and_the_words_are_not(kept: Town) -> None:
    for who in ("ada", "sam"):
        await found(kept, who, text="late fee")
    async with kept.http("root") as client:
        log = (await client.get("/api/audit")).json()
    listed = [entry for entry in log if entry["did"] == "listed calls"]
    assert [(entry["who"], entry["about"]) for entry in listed] == [("sam", "searched")]
    assert all("fee" not in entry["about"] for entry in log)


async def test_the_alerts_of_a_call_are_told_to_who_supervises_it(kept: Town) -> None:
    told: dict[str, list[str] | int] = {}
    for who in ("ada", "ben", "sam", "kim", "root"):
        async with kept.http(who) as client:
            answer = await client.get("/api/calls/refund/review")
        told[who] = [one["why"] for one in answer.json()["alerts"]] if answer.status_code == 200 else answer.status_code
    assert told == {"ada": [], "ben": 403, "sam": ["asked_for_manager"], "kim": 403, "root": ["asked_for_manager"]}
    async with kept.http("root") as client:
        log = (await client.get("/api/audit", params={"call": "refund"})).json()
    assert [(entry["who"], entry["did"]) for entry in log] == [("root", "read call"), ("sam", "read call")]


async def test_a_deleted_call_is_found_no_more(kept: Town) -> None:
    async with kept.http("sam") as client:
        assert (await client.delete("/api/calls/refund")).status_code == 204
        assert (await client.get("/api/calls/refund/review")).status_code == 403
    assert await found(kept, "root") == ["room", "swap"]
    assert await found(kept, "root", text="late fee") == []


async def test_a_call_that_is_on_cannot_be_deleted(town: Town) -> None:
    async with town.connect("ada") as machine, town.http("root") as client:
        await machine.publish(started(), moment(2))
        await machine.acked("c", 2)
        answer = await client.delete("/api/calls/c")
        assert (answer.status_code, answer.json()["code"]) == (409, "call-live")
        assert await found(town, "root") == ["c"]
        await machine.publish(ended(3))
        await machine.acked("c", 3)
        assert (await client.delete("/api/calls/c")).status_code == 204


async def test_a_call_that_is_on_is_read_here_by_its_agent_alone(town: Town) -> None:
    paths = [f"/{path}" for path in ("api/calls/c", "api/calls/c/review", "review/c")]
    told: dict[tuple[str, bool], list[int]] = {}
    async with town.connect("ada") as machine:
        for event, on in ((moment(2, quote="we are sold out"), True), (ended(3), False)):
            await machine.publish(started(), event)
            await machine.acked("c", event.seq or 0)
            for who in ("ada", "sam", "kim", "root"):
                async with town.http(who) as client:
                    answers = [await client.get(path) for path in paths]
                told[who, on] = [answer.status_code for answer in answers]
                assert any("sold out" in answer.text for answer in answers) is (answers[0].status_code == 200)
                if told[who, on][0] == 409:
                    assert {answer.json()["code"] for answer in answers} == {"call-live"}
    assert told == {
        **{("ada", on): [200] * 3 for on in (True, False)},
        **{("kim", on): [403] * 3 for on in (True, False)},
        **{(who, on): [409 if on else 200] * 3 for who in ("sam", "root") for on in (True, False)},
    }
    async with town.http("root") as client:
        log = (await client.get("/api/audit", params={"call": "c"})).json()
    assert [(entry["who"], entry["did"]) for entry in log] == [
        *[("root", "read call")] * 3,
        *[("sam", "read call")] * 3,
    ]


async def test_nothing_that_comes_late_brings_a_deleted_call_back(town: Town) -> None:
    async with town.connect("ada") as machine:
        await machine.publish(started(), moment(2), ended(3))
        await machine.acked("c", 3)
    async with town.http("sam") as client:
        assert (await client.delete("/api/calls/c")).status_code == 204
    async with town.connect("ada") as machine:
        await machine.publish(moment(4), said(5, "late fee"), alert(6), ended(7))
        await machine.acked("c", 7)
        await machine.publish(started("d"))
        await machine.acked("d", 1)
    assert await found(town, "root") == ["d"]


async def test_a_deleted_call_is_on_no_board(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voiceassist.floor.floor.FORGET", 0.01)
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), said(2, "we are sold out"), alert(3), ended(4))
        await machine.acked("c", 4)
        assert (await board.hear("alert"))["quote"] == "No."
        await board.say(type="subscribe", call="c")
        shown = await board.hear("snapshot")
        assert (shown["transcripts"], [one["quote"] for one in shown["alerts"]]) == ([], ["No."])
        async with town.http("sam") as client:
            assert (await client.delete("/api/calls/c")).status_code == 204
        told = await board.hear("alert")
        assert (told["id"], told["quote"], told["state"]) == ("c-a1", "", "acknowledged")
        await board.say(type="subscribe", call="c")
        assert (await board.hear("snapshot", "error"))["code"] == "forbidden"


async def test_simulated_calls_are_marked(kept: Town) -> None:
    for simulated in (False, True):
        house = kept.hub.house
        hello = house.hello.model_copy(update={"sample": simulated})
        app = create_floor_app(replace(house, hello=hello), assets.overlay(), metrics=lambda: "")
        transport = httpx.ASGITransport(app=app)
        asking = {"Authorization": f"Bearer {kept.tokens['sam']}", "Host": kept.url.removeprefix("http://")}
        async with httpx.AsyncClient(transport=transport, base_url=kept.url, headers=asking) as client:
            assert (await client.get("/api/calls")).json()["sample"] is simulated
            assert (await client.get("/api/calls/refund/review")).json()["sample"] is simulated
