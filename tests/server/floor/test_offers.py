"""Offers that agents propose over the hub: from own calls only, kept without what is private, and decided once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from server.floor.conftest import Town
from store.kept import RECOVERED, mine, told

from voiceassist.errors import StoreError
from voiceassist.store import offers
from voiceassist.store.recorder import Recorder
from voiceassist.store.search import EVERYBODY

TEXT = "send you another one"


@pytest.fixture(name="town")
async def town_with_a_call(town: Town) -> Town:
    await asyncio.to_thread(_keep, town)
    return town


def _keep(town: Town) -> None:
    with Recorder(town.hub.house.store, patient=True) as recorder:
        for event in mine(*told(RECOVERED)):
            recorder.take(event, owner="ada", team="Refunds", agent="Ada")


async def propose(town: Town, who: str, **changed: Any) -> tuple[int, dict[str, Any]]:
    async with town.http(who) as client:
        answer = await client.post("/api/offers", json={"call": "c", "moment": "c-m1", "text": TEXT, **changed})
    return answer.status_code, answer.json()


async def proposed(town: Town, who: str) -> list[str]:
    async with town.http(who) as client:
        return [one["text"] for one in (await client.get("/api/offers")).json()]


async def test_what_an_agent_proposes_is_seen_by_who_supervises_the_team(town: Town) -> None:
    status, made = await propose(town, "ada", text="  send you\nanother one ")
    assert (status, made["text"], made["by"], made["state"]) == (201, TEXT, "ada", "proposed")
    found = {who: await proposed(town, who) for who in ("ada", "ben", "sam", "kim", "root")}
    assert found == {"ada": [TEXT], "ben": [], "sam": [TEXT], "kim": [], "root": [TEXT]}
    log = await asyncio.to_thread(town.hub.house.audit.entries)
    assert [entry.who for entry in log if entry.did == "listed offers"] == ["root", "kim", "sam"]


async def test_only_the_own_call_is_proposed_from_and_once(town: Town) -> None:
    for who in ("ben", "sam", "root"):
        assert await propose(town, who) == (403, {"code": "not-yours", "message": "that is not yours to see or to do"})
    assert (await propose(town, "ada", call="nothing"))[0] == 403
    assert (await propose(town, "ada"))[0] == 201
    assert (await propose(town, "ada"))[0] == 422


@pytest.mark.parametrize(
    "changed",
    [{"text": ""}, {"text": " "}, {"text": "a " * 9}, {"text": "a" * 91}, {"text": "a" * 201}, {"by": "ben"}],
)
async def test_what_is_no_offer_is_refused_without_its_words(town: Town, changed: dict[str, str]) -> None:
    status, said = await propose(town, "ada", **changed)
    assert (status, set(said)) == (422, {"code", "message"})
    assert "a a" not in said["message"]


async def test_what_is_private_is_not_kept(town: Town) -> None:
    await propose(town, "ada", text="write to jane@example.com")
    [kept] = await asyncio.to_thread(offers.proposals, town.hub.house.store, EVERYBODY)
    assert "jane" not in kept.text


async def test_an_offer_is_not_put_aside_where_that_cannot_be_written_down(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_entry: object, **_more: object) -> None:
        raise StoreError("no room is left")

    _, made = await propose(town, "ada")
    with monkeypatch.context() as patch:
        patch.setattr(town.hub.house.audit, "add", full)
        async with town.http("sam") as client:
            assert (await client.post(f"/api/offers/{made['number']}/reject")).status_code == 503
    assert await proposed(town, "sam") == [TEXT]


async def test_an_offer_is_put_aside_once_and_that_is_written_down(town: Town) -> None:
    _, made = await propose(town, "ada")
    path = f"/api/offers/{made['number']}/reject"
    async with town.http("sam") as client:
        decided = (await client.post(path)).json()
        assert (decided["state"], decided["decided_by"]) == ("rejected", "sam")
        assert (await client.post(path)).status_code == 409
        assert (await client.post("/api/offers/77/reject")).status_code == 403
        assert (await client.post("/api/offers/0/reject")).status_code == 422
    async with town.http("root") as client:
        assert (await client.post("/api/offers/77/reject")).status_code == 404
    assert await proposed(town, "root") == []
    log = await asyncio.to_thread(town.hub.house.audit.entries)
    assert [(entry.who, entry.call) for entry in log if entry.did == "offer decided"] == [("sam", "c")]
