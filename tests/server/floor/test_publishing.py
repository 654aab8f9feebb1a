"""An agent's machine publishes, supervisors see it, and each is told only what is theirs."""

import asyncio
from contextlib import suppress

import httpx
import pytest
from floor.told import alert, ended, moment, said, started
from server.floor.conftest import Town
from websockets.exceptions import ConnectionClosed

from voiceassist.errors import StoreError


async def test_what_an_agent_publishes_is_on_the_board_and_acknowledged_and_kept(town: Town):
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), moment(3), moment(5, "nudged"), alert(6))
        card = await board.card("ada", state="on", unrepaired=1)  # an alert never comes before its card
        assert (card["name"], card["call"], card["moment"]["quote"]) == ("Ada", "c", "No.")
        raised = await board.hear("alert")
        assert (raised["agent"], raised["team"], raised["state"]) == ("ada", "Refunds", "open")
        await machine.acked("c", 6)
        await machine.publish(ended(9))
        await machine.acked("c", 9)
    async with town.http("ada") as client:
        [info] = (await client.get("/api/calls")).json()["calls"]
        assert (info["id"], info["agent"], info["owner"], info["team"], info["noes"]) == (
            "c",
            "Ada",
            "ada",
            "Refunds",
            1,
        )


async def test_another_teams_supervisor_hears_nothing_of_it(town: Town):
    async with town.connect("kim") as board, town.connect("sam") as mine, town.connect("ada") as machine:
        await machine.publish(started(), moment(3), alert(4))
        await mine.hear("alert")
        await board.say(type="subscribe", call="c")
        assert (await board.hear("error", "snapshot", "alert"))["code"] == "forbidden"
        await board.say(type="whisper", call="c", text="psst")
        assert (await board.hear("error", "alert"))["code"] == "forbidden"
        await board.say(type="alert_ack", id="c-a1")
        assert (await board.hear("error", "alert"))["code"] == "forbidden"


async def test_reading_along_is_seen_by_the_agent_and_stands_in_the_audit_log(town: Town):
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), said(2, "we are sold out"))
        await board.card("ada", state="on")
        await board.say(type="subscribe", call="c")
        assert [line["text"] for line in (await board.hear("snapshot"))["transcripts"]] == ["we are sold out"]
        assert (await machine.hear("watched"))["by"] == ["Sam"]
        await board.say(type="whisper", call="c", text="my card is 4111 1111 1111 1111")
        assert (await machine.hear("whisper"))["text"] == "my card is [CARD]"
        await board.say(type="subscribe")
        assert (await machine.hear("watched"))["by"] == []
    async with town.http("root") as client:
        entries = (await client.get("/api/audit", params={"call": "c"})).json()
    assert [(e["who"], e["did"]) for e in entries] == [("sam", "whispered"), ("sam", "opened live")]


async def test_what_is_done_about_an_alert_stands_in_the_audit_log_or_is_not_done(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    def full(*_entry: object, **_more: object) -> None:
        raise StoreError("no room is left")

    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), alert(6))
        await board.hear("alert")
        await machine.acked("c", 6)
        with monkeypatch.context() as patch:
            patch.setattr(town.hub.house.audit, "add", full)
            await board.say(type="alert_ack", id="c-a1")
            assert (await board.hear("error", "alert"))["code"] == "store"
        async with town.connect("sam") as late:
            assert (await late.hear("alert"))["state"] == "open"
        await board.say(type="alert_ack", id="c-a1")
        assert (await board.hear("alert"))["state"] == "acknowledged"
    async with town.http("root") as client:
        entries = (await client.get("/api/audit", params={"call": "c"})).json()
    assert [(e["who"], e["did"], e["about"]) for e in entries] == [("sam", "alert changed", "c-a1 acknowledged")]


async def test_words_are_not_kept_unless_switched_on(town: Town):
    async with town.connect("ada") as machine:
        await machine.publish(started(), said(2, "we are sold out"), ended(3))
        await machine.acked("c", 3)
    async with town.http("ada") as client:
        assert (await client.get("/api/calls/c")).json()["utterances"] == []


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"type": "call_start"}, "not-served"),
        ({"type": "whisper", "call": "c", "text": "psst"}, "not-served"),
        ({"type": "publish", "message": {"type": "whisper", "call": "c", "seq": 1, "text": "psst"}}, "bad-event"),
        ({"type": "publish", "message": {"type": "later", "call": "c", "seq": 7}}, "unknown-type"),
        ({"type": "publish", "message": {"type": "moment", "call": "c", "seq": 7}}, "bad-message"),
    ],
)
async def test_what_an_agents_machine_may_not_say_is_refused_and_the_line_stays(town: Town, what: dict, code: str):
    async with town.connect("ada") as machine:
        await machine.say(**what)
        refused = await machine.hear("error")
        assert refused["code"] == code
        if code in {"unknown-type", "bad-message"}:
            assert (refused["call"], refused["seq"]) == ("c", 7)
        await machine.publish(started("d"))
        await machine.acked("d", 1)


async def test_another_agents_call_cannot_be_published_to(town: Town):
    async with town.connect("ada") as machine, town.connect("ben") as other:
        await machine.publish(started())
        await machine.acked("c", 1)
        await other.publish(moment(2))
        assert (await other.hear("error"))["code"] == "forbidden"
    async with town.connect("ben") as other:
        await other.publish(moment(2))
        assert (await other.hear("error"))["code"] == "forbidden"


async def test_a_session_that_is_closed_may_not_stay(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voiceassist.server.floor.connection.CHECK_SECONDS", 0.05)
    async with town.connect("sam") as board:
        async with town.http("sam") as client:
            await client.delete("/api/session")
        async with asyncio.timeout(20):
            with suppress(ConnectionClosed):
                async for _ in board.socket:
                    pass
        assert board.socket.close_code == 1008


async def test_without_a_token_nobody_is_told_anything(town: Town):
    async with town.http() as client:
        for path in (
            "/api/calls",
            "/api/users",
            "/api/audit",
            "/openapi.json",
            "/metrics",
            "/review/c",
            "/api/session",
        ):
            assert (await client.get(path)).status_code == httpx.codes.UNAUTHORIZED, path


async def test_an_event_whose_call_cannot_be_looked_up_is_not_passed_over(town: Town, monkeypatch: pytest.MonkeyPatch):
    def away(_call: str) -> None:
        raise StoreError("the database is away")

    async with town.connect("ada") as machine:
        with monkeypatch.context() as patch:
            patch.setattr(town.hub.house.intake, "_look", away)
            await machine.publish(started(), moment(3))
            with pytest.raises(ConnectionClosed) as closed:
                await machine.hear("ack")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "store")
    async with town.connect("ada") as machine:
        await machine.publish(started(), moment(3))
        await machine.acked("c", 3)
