"""What a program tells of itself: every stage of a call, to the page that painted a cue."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
from calls import AGENT, Turn, hear
from prometheus_client.parser import text_string_to_metric_families
from tones import LoudVad, Tones
from websockets.asyncio.client import connect

from voiceassist.core.events import Event
from voiceassist.core.policy import Hearing
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import Channel, samples
from voiceassist.driver import Driver, Engines
from voiceassist.engines.scripted import ScriptedClassifier, ScriptedTranscriber
from voiceassist.metrics import Count, Metrics, Stage
from voiceassist.overlay import Overlay
from voiceassist.recogniser import Recogniser
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.settings import ServerSettings

CALL: list[Turn] = [
    (AGENT, 1, 2, "no we can't do that"),
    (AGENT, 2.1, 3, "for you"),
    (AGENT, 5, 6, "the lift is there"),
]


def values(metrics: Metrics) -> dict[str, float]:
    """Counts by name, and how often each stage was timed."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics.text()):
        for sample in family.samples:
            if sample.name.endswith("_seconds_count"):
                found[sample.labels["stage"]] = sample.value
            elif sample.name.endswith("_total"):
                found[sample.name] = sample.value
    return found


async def test_a_call_times_each_of_its_stages() -> None:
    metrics, events = Metrics(), list[Event]()
    words = [word for _, start, stop, text in CALL for word in spread(samples(start), samples(stop), text)]
    transcriber = ScriptedTranscriber({AGENT: words})
    session = CallSession("c", tuple(Channel), hearing=Hearing(ahead=True, by_words=True))
    with Recogniser(transcriber, metrics=metrics) as recogniser, ThreadPoolExecutor(1) as thread:
        engines = Engines(recogniser, ScriptedClassifier(hear), thread, LoudVad, metrics)
        await Driver(session, engines, events.append, patient=True).play(Tones(CALL))
    found = values(metrics)
    assert found[Stage.VAD] > 300
    assert Stage.CAPTURE not in found  # what comes as fast as it can is never late
    assert found[Stage.PAUSE] == session.counts.pauses.total() > 0
    assert found[Stage.QUEUE] == found[Stage.DECODE] > 0
    assert found[Stage.CLASSIFY] > 0
    assert found[Stage.COACH] > 0
    assert found[f"voiceassist_{Count.GUESSES}_total"] == session.counts.guesses > 0
    assert found[f"voiceassist_{Count.LOST}_total"] == 0


async def test_a_page_that_paints_completes_the_way_and_only_those_let_in_read_it() -> None:
    metrics = Metrics()
    hello = wire.Hello(transcriber="x", limited=False, version="1")
    async with Overlay(hello, ServerSettings(port=0), metrics=metrics) as overlay:  # type: ignore[call-arg]
        token = overlay.auth.open()
        async with connect(overlay.server.url.replace("http", "ws", 1) + "/ws") as socket:
            await socket.send(dump(wire.ClientHello(token=token)))
            await socket.recv()
            await socket.recv()
            overlay.publish(wire.Moment(call="c", at=1, seq=1, id="c-m1", state="open", quote="no"))
            assert json.loads(await socket.recv())["id"] == "c-m1"
            for name in ("c-m1", "c-m1", "c-m9"):
                await socket.send(dump(wire.Painted(id=name)))
            await socket.send(dump(wire.Pause()))  # an answer to nothing: what was sent before has been read by then
            await socket.send("{")
            while json.loads(await socket.recv())["type"] != "error":
                pass
        async with httpx.AsyncClient(base_url=overlay.server.url, verify=False) as client:
            assert (await client.get("/metrics")).status_code == 401
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(r'voiceassist_stage_seconds_count\{stage="paint"\} 1\.0', answer.text)
    assert values(metrics)[Stage.SEND] == 1


def test_pages_that_never_paint_are_forgotten() -> None:
    metrics = Metrics()
    overlay = Overlay(wire.Hello(transcriber="x", limited=False, version="1"), ServerSettings(port=0), metrics=metrics)  # type: ignore[call-arg]
    for number in range(100):
        overlay.publish(wire.Moment(call="c", at=1, seq=1, id=f"c-m{number}", state="open", quote="no"))
    assert len(overlay._unpainted) < 40
