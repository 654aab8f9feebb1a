"""Nobody becomes more than they are: no agent another one or a supervisor, no team another one's."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from floor.told import alert, moment, started
from server.floor.conftest import PASSWORD, Town

from voiceassist.accounts.visitor import CONSOLE


async def status(town: Town, who: str, method: str, path: str, body: dict[str, Any] | None = None) -> int:
    async with town.http(who) as client:
        return (await client.request(method, path, json=body)).status_code


# --- agents -----------------------------------------------------------------------------------------------------------


async def test_an_agent_says_nothing_in_the_name_of_another(town: Town) -> None:
    claimed = alert(2).model_copy(
        update={"agent": "ben", "team": "Bookings", "state": "acknowledged", "by": "Sam", "to": "sam", "cursor": "x-1"}
    )
    async with town.connect("root") as board, town.connect("ada") as machine:
        await machine.publish(started(), claimed)
        raised = await board.hear("alert")
    assert {name: raised[name] for name in ("agent", "team", "state", "by", "to", "cursor")} == {
        "agent": "ada",
        "team": "Refunds",
        "state": "open",
        "by": "",
        "to": "",
        "cursor": None,
    }


async def test_an_agent_changes_no_alert_of_another_team(town: Town) -> None:
    async with town.connect("sam") as board, town.connect("ada") as machine, town.connect("ben") as other:
        await machine.publish(started(), alert(2))
        await board.hear("alert")
        await machine.acked("c", 2)  # what is kept can be changed
        # Neither in a call of the other's, nor with an id of its alert in a call of one's own.
        await other.publish(alert(3))
        assert (await other.hear("error"))["code"] == "forbidden"
        await other.publish(started("b"), alert(2, call="b", id_="c-a1"))
        assert (await other.hear("error"))["code"] == "bad-event"
        await other.publish(alert(3, call="b", id_="b-a1"))
        await other.acked("b", 3)
        await board.say(type="alert_ack", id="c-a1")
        assert (await board.hear("alert"))["by"] == "Sam"
    async with town.connect("kim") as theirs:
        assert [(await theirs.hear("alert"))["id"]] == ["b-a1"]


async def test_an_agent_on_a_wall_is_who_that_agent_is(town: Town) -> None:
    async with town.connect("root") as board, town.connect("ada") as machine:
        event = {**started().model_dump(mode="json"), "agent": "ben", "team": "Bookings", "member": {"user": "ben"}}
        await machine.say(type="publish", message=event)
        card = await board.card("ada", call="c")
        assert (card["team"], card["sample"]) == ("Refunds", False)


async def test_an_agent_cannot_raise_itself(town: Town) -> None:
    for role in ("agent", "supervisor", "admin"):
        for user in ("", "ada", "root", "new"):
            body = {"role": role, "team": "Refunds", "user": user}
            assert await status(town, "ada", "POST", "/api/invites", body) in {403, 422}
    async with town.http("ada") as client:
        assert (await client.get("/api/users")).json()[0]["role"] == "agent"
        # Nobody chooses a role by saying so.
        for body in (
            {"token": town.tokens["ada"], "role": "admin"},
            {"user": "ada", "password": "x", "teams": ["Bookings"]},
        ):
            assert (await client.post("/api/session", json=body)).status_code == 422


async def test_an_agents_machine_makes_no_further_keys(town: Town) -> None:
    async with town.http("ada") as client:
        made = (await client.post("/api/machines", json={"name": "laptop"})).json()
    async with town.http() as client:
        opened = (await client.post("/api/session", json={"token": made["key"]})).json()
        assert opened["role"] == "agent"
        town.tokens["stolen"] = opened["token"]
    assert await status(town, "stolen", "POST", "/api/machines", {"name": "another"}) == 403
    assert await status(town, "stolen", "POST", "/api/machines/link") == 403
    assert await status(town, "stolen", "PUT", "/api/password", {"old": "x", "new": "tall blue hat on a goat"}) == 403
    assert await status(town, "ada", "DELETE", f"/api/machines/{made['id']}") == 204
    assert await status(town, "stolen", "GET", "/api/session") == 401


# --- supervisors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"role": "agent", "team": "Refunds"}, 201),
        ({"role": "agent", "team": "Bookings"}, 403),
        ({"role": "agent", "team": "begun by this"}, 403),
        ({"role": "agent", "team": ""}, 403),
        ({"role": "supervisor", "team": "Refunds"}, 403),
        ({"role": "admin", "team": "Refunds"}, 422),
        ({"role": "agent", "team": "Refunds", "user": "root"}, 403),
        ({"role": "agent", "team": "Refunds", "user": "ben"}, 403),
    ],
    ids=str,
)
async def test_a_supervisor_invites_agents_into_own_teams(town: Town, body: dict[str, str], wanted: int) -> None:
    assert await status(town, "sam", "POST", "/api/invites", body) == wanted


async def test_an_alert_goes_to_who_supervises_its_team(town: Town) -> None:
    office = town.hub.house.office
    await asyncio.to_thread(lambda: office.add_user(CONSOLE, "lou", role="supervisor", teams=["Refunds"]))
    await asyncio.to_thread(lambda: office.add_user(CONSOLE, "left", role="supervisor", teams=["Refunds"]))
    await asyncio.to_thread(office.disable, CONSOLE, "left")
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), alert(2))
        await board.hear("alert")
        await machine.acked("c", 2)  # what is kept can be changed
        for to in ("nobody", "kim", "ada", "left", "Lou", "<script>", "command line"):
            await board.say(type="alert_assign", id="c-a1", to=to)
            assert (await board.hear("error", "alert"))["code"] == "not-supervisor", to
        for to in ("lou", "sam", "root"):
            await board.say(type="alert_assign", id="c-a1", to=to)
            assert (await board.hear("error", "alert"))["to"] == to


async def test_who_moves_to_another_team_sees_the_old_one_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voiceassist.server.floor.connection.CHECK_SECONDS", 0.05)
    office = town.hub.house.office
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started())
        await board.card("ada", call="c")
        await board.say(type="subscribe", call="c")
        await board.hear("snapshot")
        await asyncio.to_thread(lambda: office.change_user(CONSOLE, "sam", teams=["Bookings"]))
        async with asyncio.timeout(20):
            while not (wall := await board.hear("wall"))["whole"]:
                pass
        assert [team["team"] for team in wall["teams"]] == []
        await machine.publish(moment(2), alert(3))
        await machine.acked("c", 3)
        await board.say(type="whisper", call="c", text="psst")
        assert (await board.hear("error", "moment", "alert"))["code"] == "forbidden"
    assert await status(town, "sam", "GET", "/api/calls/c") == 403


async def test_the_log_is_for_admins(town: Town) -> None:
    for who in ("ada", "sam", "kim"):
        for query in ("", f"?who={who}", "?call=c"):
            assert await status(town, who, "GET", f"/api/audit{query}") == 403


# --- tokens -----------------------------------------------------------------------------------------------------------


async def redeem(town: Town, body: dict[str, str], path: str = "/api/session") -> httpx.Response:
    async with town.http() as client:
        return await client.post(path, json=body)


async def test_a_link_is_good_once_also_for_two_at_once(town: Town) -> None:
    link = await asyncio.to_thread(town.hub.house.office.link, CONSOLE, "ada")
    answers = await asyncio.gather(*(redeem(town, {"token": link.token}) for _ in range(6)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 5}
    assert (await redeem(town, {"token": link.token})).json()["code"] == "token-used"


async def test_an_invite_is_good_once_also_for_two_at_once(town: Town) -> None:
    async with town.http("sam") as client:
        link = (await client.post("/api/invites", json={"team": "Refunds"})).json()["link"]
    token = link.partition("#i=")[2]
    assert (await redeem(town, {"token": token})).status_code == 409  # it is no login
    bodies = [{"token": token, "user": f"new{n}", "name": "New", "password": PASSWORD} for n in range(4)]
    answers = await asyncio.gather(*(redeem(town, body, "/api/invites/accept") for body in bodies))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 3}
    async with town.http("root") as client:
        users = (await client.get("/api/users")).json()
    assert [(user["role"], user["teams"]) for user in users if user["user"].startswith("new")] == [
        ("agent", ["Refunds"])
    ]


async def test_a_withdrawn_invite_is_void(town: Town) -> None:
    async with town.http("sam") as client:
        made = (await client.post("/api/invites", json={"team": "Refunds"})).json()
        assert (await client.delete(f"/api/invites/{made['id']}")).status_code == 204
        assert (await client.delete(f"/api/invites/{made['id']}")).status_code == 404
    token = made["link"].partition("#i=")[2]
    assert (await redeem(town, {"token": token}, "/api/invites/look")).status_code == 401
    # What an invite or a machine is listed by opens nothing.
    assert (await redeem(town, {"token": made["id"]})).status_code == 401


async def test_what_is_asked_with_words_for_a_database_is_only_words(town: Town) -> None:
    words = ["' OR 1=1 --", "%", "_", "\\", "x'; DROP TABLE calls; --", "\0", "\u202e", "9" * 200]
    async with town.http("ada") as client:
        for word in words:
            for name in ("text", "agent", "team", "after"):
                answer = await client.get("/api/calls", params={name: word})
                assert answer.status_code == 422 or answer.json()["calls"] == [], (name, word)
            assert (await client.get("/api/machines", params={"user": word})).status_code in {403, 404}
    async with town.http("root") as client:
        for word in words:
            assert (await client.get("/api/audit", params={"who": word})).json() == []
        for instant in ("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"):
            assert (await client.get(f"/api/audit?since={instant}")).status_code == 422
            assert (await client.get(f"/api/calls?since={instant}")).status_code == 422
