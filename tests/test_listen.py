"""`listen` and `check` as an agent runs them: a real PulseAudio, virtual headsets, spoken lines."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from calls import check_nudges
from live import NO, Listening, Tape, headset, listening, say_no
from needs import ROOT
from pulse import PulseServer
from sound import spoken

from voiceassist.audio.file import FileSource
from voiceassist.core.types import AudioFrame, Channel, Samples, seconds
from voiceassist.turns import read

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio's virtual devices are Linux's"),
    pytest.mark.timeout(300),
]

MICRO = ROOT / "models" / "micro" / "whisper-micro"
DEMO = ROOT / "voiceassist" / "demo"


async def judged(call: Callable[[], Awaitable[Listening]], judge: Callable[[Listening], None]) -> None:
    """Judge a live call; where the machine was too busy to deliver all its sound, it is held again, thrice at most."""
    for _ in range(3):
        live = await call()
        try:
            return judge(live)
        except AssertionError:
            # Words that never came are no fault of what was made of the others.
            if not live.lost:
                raise
    return judge(await call())


ENGINES = [
    ("--transcriber", "pocketsphinx"),
    ("--transcriber", "faster-whisper", "--model", str(MICRO)),
]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda flags: flags[1])
async def test_a_bare_no_into_the_microphone_is_nudged(pulse: PulseServer, engine: tuple[str, ...]) -> None:
    _, tape = headset(pulse)

    async def call() -> Listening:
        async with listening("--device", "headset", *engine) as live:
            told = await live.until("audio", state="listening", device="Headset")
            assert told["call"] is None
            await say_no(live, tape)
        return live

    def judge(live: Listening) -> None:
        nudge = next(m for m in live.messages if m["type"] == "nudge")
        assert nudge["kind"] == "offer_alternative"
        assert nudge["quote"].lower().startswith("no")
        opened = [m["id"] for m in live.messages if m["type"] == "moment" and m["state"] == "open"]
        assert nudge["moment"] in opened
        assert [m["call"] for m in live.messages if m["type"] == "call_started"] == [nudge["call"]]

    await judged(call, judge)


@pytest.mark.timeout(600)
async def test_both_sides_of_the_demo_call_get_the_file_s_nudges_after_the_same_turns(pulse: PulseServer) -> None:
    (turns,) = read(DEMO / "call.json")
    sides = await channels_of(DEMO / "call.flac")
    (_, agent), (_, customer) = headset(pulse, "Agent Headset"), headset(pulse, "Customer Line")
    devices = ("--device", "agent headset", "--customer-device", "customer line")

    async def call() -> Listening:
        # The embedded recogniser loses another word with each start of a frame; this one hears the call's words.
        async with listening(*devices, "--transcriber", "faster-whisper", "--model", str(MICRO)) as live:
            for _ in range(2):
                await live.until("audio", state="listening")
            agent.play(sides[Channel.AGENT])
            customer.play(sides[Channel.CUSTOMER])
            last = seconds(turns.turns[-1].start)
            async with asyncio.timeout(150):
                while (await live.next()).get("text") is None or live.messages[-1]["at"] < last:
                    pass
        return live

    def judge(live: Listening) -> None:
        assert "lost" not in {message.get("state") for message in live.messages}
        first = next(m for m in live.messages if m["type"] == "transcript" and m["channel"] == "agent")
        began = first["start"] - seconds(turns.turns[0].start)
        check_nudges(turns, [(m["at"] - began, m["kind"]) for m in live.messages if m["type"] == "nudge"])

    await judged(call, judge)


async def test_a_softphone_begins_and_ends_calls_and_nothing_is_heard_between(
    pulse: PulseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, tape = headset(pulse)
    monkeypatch.setenv("VOICEASSIST_CALL__AUTO", "false")
    async with listening("--transcriber", "pocketsphinx") as live, httpx.AsyncClient(base_url=live.url) as http:
        token = (await http.post("/api/session", json={"token": live.once})).json()["token"]
        http.cookies.clear()
        bearer = {"Authorization": f"Bearer {token}"}
        await live.until("audio", state="listening")
        tape.play(spoken("We are open until five."))
        await asyncio.sleep(4.0)
        assert (await http.post("/api/calls", headers=bearer, json={"id": "crm-7"})).status_code == 202
        await live.until("call_started", call="crm-7")
        tape.play(spoken(NO))
        heard = await live.until("transcript", channel="agent")
        assert "five" not in heard["text"]
        assert (await http.post("/api/calls", headers=bearer)).status_code == 409
        assert (await http.post("/api/calls/crm-7/end", headers=bearer)).status_code == 202
        await live.until("call_ended", call="crm-7")
    assert {m["call"] for m in live.messages} == {None, "crm-7"}


async def test_a_headset_that_is_pulled_out_is_lost_and_comes_back_in_the_same_call(pulse: PulseServer) -> None:
    microphone, tape = headset(pulse)
    async with listening("--device", "Headset", "--transcriber", "pocketsphinx") as live:
        await live.until("audio", state="listening")
        begun = await say_no(live, tape)
        microphone.unplug()
        lost = await live.until("audio", state="lost", call=begun["call"])
        assert lost["device"] == "Headset"
        microphone.plug()
        await live.until("audio", state="restored", call=begun["call"])
        tape.play(spoken("But I can send you another one tomorrow."))
        await live.until("moment", state="recovered")
    [ended] = [m for m in live.messages if m["type"] == "call_ended"]
    assert ended["lost"] > 0


async def test_check_shows_the_level_the_words_and_how_late_the_cue_is(pulse: PulseServer) -> None:
    _, tape = headset(pulse)
    status, printed, errors = await checked(tape)
    for _ in range(3):
        if "sound were lost" in " ".join(printed.split()):
            status, printed, errors = await checked(tape)
    assert status == 0, errors
    assert "Headset" in printed
    assert re.search(r"words +no we can('t)? do that", printed)
    assert re.search(r"cue +\d+ ms after", printed)
    assert "ready for calls" in printed


async def test_check_says_how_much_sound_never_came(pulse: PulseServer) -> None:
    microphone, tape = headset(pulse)

    async def pull_out() -> None:
        microphone.unplug()
        await asyncio.sleep(1.0)
        microphone.plug()
        await asyncio.sleep(2.0)

    _, printed, errors = await checked(tape, pull_out)
    assert "do that" in printed, errors
    [lost] = re.findall(r"([\d.]+) s\s+of\s+sound\s+were\s+lost", printed)
    assert float(lost) > 0.5


async def checked(tape: Tape, before: Callable[[], Awaitable[None]] | None = None) -> tuple[int | None, str, str]:
    """`check`, in which the no is said `before` which something happens: its exit code, what it printed and noted."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiceassist", "check", "--transcriber", "pocketsphinx"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stderr is not None
    while b"say now" not in await process.stderr.readline():
        pass
    await asyncio.sleep(2.0)
    if before is not None:
        await before()
    tape.play(spoken(NO))
    printed, errors = await process.communicate()
    return process.returncode, printed.decode(), errors.decode()


async def channels_of(path: Path) -> dict[Channel, Samples]:
    """The sound of each channel of a recording."""
    source = FileSource(path, tail=0.0)
    parts: dict[Channel, list[Samples]] = {channel: [] for channel in source.channels}
    async for frame in source:
        assert isinstance(frame, AudioFrame)
        parts[frame.channel].append(frame.samples)
    await source.aclose()
    return {channel: np.concatenate(frames) for channel, frames in parts.items()}


async def test_the_customer_s_voice_in_the_microphone_is_not_the_agent_s(pulse: PulseServer) -> None:
    (_, agent), (_, customer) = headset(pulse, "Headset"), headset(pulse, "Line")
    refusal, answer = spoken(NO, "slt"), spoken("Good morning, how can I help you?")

    def leak() -> None:
        customer.play(refusal)
        agent.play(0.15 * np.pad(refusal, (1280, 0)))

    devices = ("--device", "headset", "--customer-device", "line", "--transcriber", "pocketsphinx")
    async with listening(*devices) as live:
        for _ in range(2):
            await live.until("audio", state="listening")
        leak()
        await asyncio.sleep(5.0)
        agent.play(answer)
        begun = await live.until("call_started")
        await live.until("transcript", channel="agent")
        await asyncio.sleep(1.0)
        leak()
        heard = await live.until("transcript", channel="customer")
        assert "do that" in heard["text"].lower()
        await asyncio.sleep(2.0)
    assert {message["call"] for message in live.messages} == {None, begun["call"]}
    assert "moment" not in {message["type"] for message in live.messages}
    said = {m["text"].lower() for m in live.messages if m["type"] == "transcript" and m["channel"] == "agent"}
    assert not [text for text in said if "do that" in text]


@pytest.mark.parametrize(
    ("flags", "code", "told"),
    [
        (("--device", "no such"), "device-missing", "'Headset'"),
        (("--customer-device", "nor this"), "device-missing", ""),
    ],
)
async def test_a_device_that_is_not_there_is_refused_in_one_line(
    pulse: PulseServer, flags: tuple[str, ...], code: str, told: str
) -> None:
    headset(pulse)
    assert_refused(await run("listen", *flags), code, told)


async def test_without_any_microphone_there_is_one_line(pulse: PulseServer) -> None:
    assert pulse.pactl("list", "short", "sources") == ""
    for command in ("listen", "check"):
        assert_refused(await run(command), "no-device", "plug a headset in")


def assert_refused(ended: tuple[int, str, str], code: str, told: str) -> None:
    status, printed, errors = ended
    assert (status, printed) == (2, "")
    assert errors.startswith(f"voiceassist: error[{code}]: ")
    assert told in errors
    assert errors.count("\n") == 1


async def run(*arguments: str) -> tuple[int, str, str]:
    """A command to its end: its exit code, what it printed and what it noted."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiceassist", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    printed, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode(), errors.decode()
