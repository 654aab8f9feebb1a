"""What whoever runs the hub looks at: whether it is ready, its figures, and its log."""

import io
import json
import logging

import pytest
from floor.told import alert, moment, started
from prometheus_client.parser import text_string_to_metric_families
from server.floor.conftest import Town, running

from voiceassist import logs


def figures(text: str) -> dict[str, float]:
    return {sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


async def test_the_figures_tell_of_the_process_and_of_nobody(town: Town):
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), moment(2, quote="we are sold out"), moment(2), alert(3))
        await machine.acked("c", 3)
        await board.hear("alert")
        async with town.http("root") as client:
            text = (await client.get("/metrics")).text
    found = figures(text)
    assert found["voiceassist_hub_events_total"] == 3
    assert found["voiceassist_hub_unread_total"] == 0
    assert found["voiceassist_hub_events_repeated_total"] == 1
    assert found["voiceassist_hub_alerts_total"] == 1
    assert (found["voiceassist_hub_machines"], found["voiceassist_hub_boards"]) == (1, 1)
    assert (found["voiceassist_hub_store_stalled"], found["voiceassist_hub_bus_cut_off"]) == (0, 0)
    assert "ada" not in text
    assert "sold out" not in text


async def test_what_could_not_be_read_is_counted(town: Town):
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await town.hub.house.floor._bus.append("events", ["no event"])
        await machine.publish(started())
        await board.card("ada", call="c")
        async with town.http("root") as client:
            assert figures((await client.get("/metrics")).text)["voiceassist_hub_unread_total"] == 1


async def test_the_figures_are_for_administrators_and_whoever_has_their_token(town: Town):
    for who in ("ada", "sam"):
        async with town.http(who) as client:
            assert (await client.get("/metrics")).status_code == 403


async def test_a_program_reads_the_figures_with_their_token(tmp_path):
    async with running(tmp_path, {"serve.metrics_token": "scrape me"}) as town, town.http() as client:
        assert (await client.get("/metrics", headers={"Authorization": "Bearer scrape me"})).status_code == 200
        for wrong in ("Bearer scrape", "Bearer scrape me!", "scrape", "Basic c2NyYXBl"):
            assert (await client.get("/metrics", headers={"Authorization": wrong})).status_code == 401, wrong


async def test_a_hub_says_that_it_is_ready(town: Town):
    async with town.http() as client:
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_the_log_has_ids_and_no_words_and_no_tokens(town: Town, monkeypatch: pytest.MonkeyPatch):
    stream = io.StringIO()
    logger = logging.getLogger("voiceassist")
    for name in ("handlers", "level", "propagate"):
        monkeypatch.setattr(logger, name, getattr(logger, name))
    logs.write_to(stream)
    async with town.connect("sam") as board, town.connect("ada") as machine:
        await machine.publish(started(), moment(2, quote="we are sold out"))
        await board.card("ada", state="on", noes=1)
        await board.say(type="subscribe", call="c")
        await board.hear("snapshot")
        await machine.say(type="publish", message={"type": "whisper", "call": "c", "seq": 1, "text": "sold out"})
        await machine.hear("error")
    text = stream.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"came in", "opened live", "event refused"} <= {line["event"] for line in lines}
    assert [line["call"] for line in lines if line["event"] == "opened live"] == ["c"]
    assert "sold out" not in text
    assert not any(token in text for token in town.tokens.values())
