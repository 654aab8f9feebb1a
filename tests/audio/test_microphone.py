"""A real sound server, virtual microphones, and everything that goes wrong with them in a day."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pulse import FILLING, PERIOD, PulseServer, clock_code, made_at, silence

from voiceassist.audio.base import AudioSource
from voiceassist.audio.devices import Kind
from voiceassist.audio.microphone import Converter, Microphone
from voiceassist.core.types import SAMPLE_RATE, AudioFrame, AudioState, Channel, Gap, SourceChanged, samples
from voiceassist.errors import AudioError

LISTENING, SILENT, LOST = AudioState.LISTENING, AudioState.SILENT, AudioState.LOST
RESTORED, CHANGED = AudioState.RESTORED, AudioState.CHANGED
SOON = samples(2.0)
"""By when a fault must be told; a busy machine gets as much again."""
PATIENCE = 30


class Listening:
    """Everything that a source delivers, checked to be in order and without holes."""

    def __init__(self, source: AudioSource) -> None:
        self.source = source
        self.end = 0
        self.frames: list[AudioFrame] = []
        self.gaps: list[Gap] = []
        self.changes: list[SourceChanged] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        async for heard in self.source:
            if isinstance(heard, SourceChanged):
                assert heard.at == self.end
                self.changes.append(heard)
            else:
                assert heard.start == self.end
                assert heard.end > heard.start
                self.end = heard.end
                (self.frames if isinstance(heard, AudioFrame) else self.gaps).append(heard)
            self._news.set()

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not happened():
                self._news.clear()
                await self._news.wait()

    async def until_told(self, *states: AudioState) -> SourceChanged:
        """Wait until exactly these states, all there were, have been told; return the last."""
        try:
            await self.until(lambda: len(self.changes) >= len(states))
        except TimeoutError:
            pytest.fail(f"told were only {self.changes}")
        assert tuple(change.state for change in self.changes) == states
        return self.changes[-1]

    async def on(self, seconds: float) -> None:
        """Listen on for so long, by the sample's index."""
        end = self.end + samples(seconds)
        await self.until(lambda: self.end >= end)

    async def stretch(self, seconds: float) -> np.ndarray:
        """Sound of that length that no gap breaks: a busy machine may need several attempts."""
        await self.until(lambda: len(self.latest(seconds)) == samples(seconds))
        return self.latest(seconds)

    def latest(self, seconds: float) -> np.ndarray:
        """The last sound since the last gap, less the frame that what was lost before may have left half empty."""
        start = self.gaps[-1].end if self.gaps else 0
        sound = [np.zeros(0), *(frame.samples for frame in self.frames if frame.start > start)]
        return np.concatenate(sound)[-samples(seconds) :]

    def lost_of(self, start: int, end: int) -> float:
        """The seconds of `clock_code` between two indexes that were never heard, within 10 ms."""
        sound = np.concatenate([f.samples for f in self.frames if f.start >= start and f.end <= end])
        times = np.unwrap(made_at(sound[sound > FILLING]), period=PERIOD)
        heard = np.unique((times * 100).astype(int))
        return float(np.maximum(np.diff(heard) - 1, 0).sum() / 100)


@contextlib.asynccontextmanager
async def listening(source: AudioSource) -> AsyncIterator[Listening]:
    """Listen in the background; at the end the source is closed, and the iteration has to end by itself."""
    heard = Listening(source)
    task = asyncio.create_task(heard.listen())
    try:
        yield heard
    finally:
        await source.aclose()
        async with asyncio.timeout(PATIENCE):
            await task


def agent(device: str | None = None) -> Microphone:
    return Microphone(Channel.AGENT, device)


def worker(microphone: Microphone) -> int:
    transport = microphone._capture._transport
    assert isinstance(transport, asyncio.SubprocessTransport)
    return transport.get_pid()


def tone_of(frequency: float, rate: int = SAMPLE_RATE) -> Callable[[int, int], np.ndarray]:
    return lambda start, count: (0.3 * np.sin(2 * np.pi * frequency * np.arange(start, start + count) / rate)).astype(
        np.float32
    )


def purity(sound: np.ndarray, frequency: float) -> float:
    """How many decibels everything but the tone lies under it: a single lost sample costs it dear."""
    at = np.arange(len(sound)) / SAMPLE_RATE
    assert len(sound) > SAMPLE_RATE // 10
    wave = np.stack([np.sin(2 * np.pi * frequency * at), np.cos(2 * np.pi * frequency * at)])
    fit = wave.T @ np.linalg.lstsq(wave.T, sound.astype(np.float64), rcond=None)[0]
    return 10 * np.log10((np.mean(fit**2) + 1e-20) / (np.mean((sound - fit) ** 2) + 1e-20))


@contextlib.contextmanager
def playing(sound: Callable[[int, int], np.ndarray], seconds: float) -> Iterator[None]:
    """Play to the default output meanwhile."""
    wave = (sound(0, samples(seconds)) * 32_767).astype("<i2").tobytes()
    command = ["pacat", "--format=s16le", f"--rate={SAMPLE_RATE}", "--channels=1", "--latency-msec=30"]
    with tempfile.TemporaryFile() as file:
        file.write(wave)
        file.seek(0)
        player = subprocess.Popen(command, stdin=file)
    try:
        yield
    finally:
        player.kill()
        player.wait()


def portaudio_that(folder: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    """Let the capturing process find the real library with a change: what no virtual device does by itself."""
    (folder / "sounddevice.py").write_text(f"""
import importlib.machinery, importlib.util, sys
sys.path.remove({str(folder)!r})
spec = importlib.machinery.PathFinder.find_spec("sounddevice")
real = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
globals().update({{name: value for name, value in vars(real).items() if not name.startswith("__")}})
{change}
""")
    monkeypatch.setenv("PYTHONPATH", str(folder))


# --- what is heard ----------------------------------------------------------------------------------------------------


async def test_what_is_said_is_heard_sample_for_sample(pulse: PulseServer):
    said = np.random.default_rng(3).integers(-9000, 9000, 8 * SAMPLE_RATE).astype(np.float32) / 32_768
    pulse.microphone("Headset", sound=lambda start, count: said.take(range(start, start + count), mode="wrap"))
    async with listening(agent()) as heard:
        assert (await heard.until_told(LISTENING)).device == "Headset"
        period = np.concatenate([said, said])
        # The virtual microphone itself drops sound where a busy machine stops it.
        for _ in range(5):
            sound = await heard.stretch(2)
            [begin] = [at for at in np.flatnonzero(said == sound[0]) if (period[at : at + 99] == sound[:99]).all()]
            same = period[begin : begin + len(sound)] == sound
            if same.all():
                break
            await heard.on(2)
        assert same.all(), f"{(~same).sum()} samples of {len(sound)} differ"


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
async def test_a_source_of_another_rate_is_heard_without_clicks(pulse: PulseServer, rate):
    pulse.microphone("Headset", rate=rate, sound=tone_of(440, rate))
    async with listening(agent()) as heard:
        assert purity(await heard.stretch(1.5), 440) > 35


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
async def test_a_device_that_refuses_16_khz_is_resampled(pulse: PulseServer, tmp_path, monkeypatch, rate):
    portaudio_that(
        tmp_path,
        monkeypatch,
        f"""
def query_devices(device=None, kind=None):
    found = real.query_devices(device, kind)
    return {{**found, "default_samplerate": {rate}}} if device is not None else found
def RawInputStream(**how):
    if how["samplerate"] != {rate}:
        raise PortAudioError("Invalid sample rate", -9997)
    return real.RawInputStream(**how)
""",
    )
    pulse.microphone("Headset", rate=rate, sound=tone_of(440, rate))
    async with listening(agent()) as heard:
        assert purity(await heard.stretch(1.5), 440) > 35


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16_000, 2), (44_100, 1), (48_000, 2), (96_000, 4)])
def test_any_form_of_sound_becomes_16_khz_mono(rate, channels):
    converter = Converter(rate, channels)
    wave = np.repeat(tone_of(440, rate)(0, 2 * rate), channels)
    size = rate // 50 * channels
    blocks = [converter.push(wave[at : at + size].tobytes()) for at in range(0, len(wave), size)]
    sound = np.concatenate(blocks)
    assert len(sound) == pytest.approx((2 - converter.delay) * SAMPLE_RATE, abs=2)
    assert purity(sound[2000:], 440) > 50
    assert converter.delay < (0.03 if rate > 8000 else 0.07)
    assert converter.samples(rate) == SAMPLE_RATE


async def test_a_device_is_chosen_by_its_name(pulse: PulseServer):
    pulse.microphone("USB Headset", sound=tone_of(300))
    pulse.microphone("Webcam", sound=tone_of(500))
    for name, frequency in (("webcam", 500), ("usb headset", 300), ("PulseAudio: Webcam", 500)):
        async with listening(agent(name)) as heard:
            assert purity(await heard.stretch(0.5), frequency) > 35


# --- what cannot be opened --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("nosuch", "device-missing", "there is 'USB Headset A', 'USB Headset B'"),
        ("usb", "device-ambiguous", "'USB Headset A', 'USB Headset B'"),
    ],
)
async def test_a_name_that_means_no_device_or_two_is_refused(pulse: PulseServer, name, code, told):
    pulse.microphone("USB Headset A")
    pulse.microphone("USB Headset B")
    with pytest.raises(AudioError) as caught:
        await agent(name).open()
    assert caught.value.code == code
    assert told in str(caught.value)


async def test_without_a_microphone_an_output_is_not_taken_for_one(pulse: PulseServer):
    pulse.output("Speakers")
    with pytest.raises(AudioError) as caught:
        await anext(aiter(agent()))
    assert caught.value.code == "no-device"


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ("raise OSError('PortAudio library not found')", "portaudio-missing", "PortAudio is missing: "),
        ("raise ImportError", "portaudio-missing", "pip install sounddevice"),
        (
            "def RawInputStream(**how): raise PortAudioError('Device unavailable', -9985)",
            "device-in-use",
            "Headset is used by another program",
        ),
        ("def RawInputStream(**how): raise PortAudioError('Invalid rate', -9997)", "device-rate", "Headset"),
        ("def RawInputStream(**how): raise PortAudioError('Host error', -9999)", "device-failed", "(Host error)"),
        ("import os; os._exit(3)", "device-failed", "died"),
    ],
)
async def test_what_keeps_a_device_from_opening_is_told_in_a_line(  # noqa: PLR0913, PLR0917
    pulse, tmp_path, monkeypatch, change, code, says
):
    pulse.microphone("Headset")
    portaudio_that(tmp_path, monkeypatch, change)
    with pytest.raises(AudioError) as caught:
        await agent().open()
    assert caught.value.code == code
    assert says in str(caught.value)


# --- unplugged, moved, back -------------------------------------------------------------------------------------------


async def test_when_the_server_goes_on_with_another_microphone_it_is_told_and_little_is_lost(pulse: PulseServer):
    headset = pulse.microphone("Headset")
    pulse.microphone("Webcam")
    async with listening(agent("headset")) as heard:
        await heard.until_told(LISTENING)
        await heard.on(2)
        unplugged = heard.end
        headset.unplug()
        told = await heard.until_told(LISTENING, CHANGED)
        assert told.device == "Webcam"
        assert told.at - unplugged < 2 * SOON
        await heard.on(2)
        assert heard.lost_of(unplugged - SAMPLE_RATE, heard.end) <= 1.0

        # It was asked for: back to it.
        headset.plug()
        told = await heard.until_told(LISTENING, CHANGED, CHANGED)
        assert told.device == "Headset"
        await heard.on(2)
        assert heard.lost_of(told.at - SAMPLE_RATE, heard.end) <= 1.0


async def test_a_stream_moved_by_hand_stays_there(pulse: PulseServer):
    pulse.microphone("Headset")
    webcam = pulse.microphone("Webcam")
    async with listening(agent("headset")) as heard:
        await heard.until_told(LISTENING)
        await heard.on(0.5)
        [stream] = pulse.pactl("list", "source-outputs", "short").splitlines()
        pulse.pactl("move-source-output", stream.split()[0], webcam.id)
        assert (await heard.until_told(LISTENING, CHANGED)).device == "Webcam"
        pulse.microphone("Another")
        await heard.on(1.5)
        assert len(heard.changes) == 2


async def test_the_agent_is_not_heard_from_an_output_when_the_last_microphone_goes(pulse: PulseServer):
    """PulseAudio moves the stream to the monitor: the customer would be coached for the agent."""
    pulse.output("Speakers")
    headset = pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        unplugged = heard.end
        headset.unplug()
        told = await heard.until_told(LISTENING, LOST)
        assert told.device == "Headset"
        assert told.at - unplugged < 2 * SOON
        await heard.on(2)
        assert len(heard.changes) == 2
        assert all(gap.lost for gap in heard.gaps if gap.start >= told.at)
        headset.plug()
        assert (await heard.until_told(LISTENING, LOST, RESTORED)).device == "Headset"


async def test_without_another_it_is_lost_until_it_is_plugged_in_again(pulse: PulseServer):
    headset = pulse.microphone("Headset")
    async with listening(agent("headset")) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        for told in range(1, 5, 2):
            unplugged = heard.end
            headset.unplug()
            await heard.until(lambda told=told: len(heard.changes) > told)
            assert heard.changes[-1].at - unplugged < 2 * SOON
            await heard.on(1.5)
            headset.plug()
            await heard.until(lambda told=told: len(heard.changes) > told + 1)
            await heard.on(0.5)
        assert [change.state for change in heard.changes] == [LISTENING, LOST, RESTORED, LOST, RESTORED]
        assert heard.source.losses.samples > samples(2)
        assert made_at(heard.frames[-1].samples)[-1] == pytest.approx((time.monotonic() - pulse.epoch) % PERIOD, abs=1)


async def test_another_headset_plugged_in_after_the_loss_is_heard(pulse: PulseServer):
    headset = pulse.microphone("Headset")
    async with listening(agent("headset")) as heard:
        await heard.until_told(LISTENING)
        await heard.on(0.5)
        headset.unplug()
        await heard.until_told(LISTENING, LOST)
        spare = pulse.microphone("Spare")
        assert (await heard.until_told(LISTENING, LOST, RESTORED, CHANGED)).device == "Spare"
        assert heard.source.device.id == spare.id
        headset.plug()
        assert (await heard.until_told(LISTENING, LOST, RESTORED, CHANGED, CHANGED)).device == "Headset"


async def test_the_sound_server_may_crash_and_come_back(pulse: PulseServer):
    headset = pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        crashed = heard.end
        pulse.kill()
        assert (await heard.until_told(LISTENING, LOST)).at - crashed < 2 * SOON
        headset.hush()
        await asyncio.to_thread(pulse.start)
        headset.plug()
        assert (await heard.until_told(LISTENING, LOST, RESTORED)).device == "Headset"
        await heard.on(0.5)


# --- silent, idle, hung -----------------------------------------------------------------------------------------------


async def test_a_muted_microphone_is_told_and_unmuted_again(pulse: PulseServer):
    headset = pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        muted = heard.end
        pulse.pactl("set-source-mute", headset.id, "1")
        told = await heard.until_told(LISTENING, SILENT)
        assert told.at - muted < 2 * SOON
        pulse.pactl("set-source-mute", headset.id, "0")
        await heard.until_told(LISTENING, SILENT, LISTENING)


async def test_one_that_was_muted_from_the_start_is_silent_before_it_listens(pulse: PulseServer):
    headset = pulse.microphone("Headset", sound=silence)
    async with listening(agent()) as heard:
        assert (await heard.until_told(SILENT)).at < SOON
        headset.sound = clock_code()
        await heard.until_told(SILENT, LISTENING)


async def test_an_idle_output_is_silence_and_no_loss(pulse: PulseServer):
    pulse.output("Speakers")
    customer = Microphone(Channel.CUSTOMER)
    async with listening(customer) as heard:
        assert (await heard.until_told(SILENT)).device == "Monitor of Speakers"
        assert customer.device.kind is Kind.MONITOR
        await heard.on(3)
        assert not any(gap.lost for gap in heard.gaps)
        with playing(tone_of(440), 20):
            await heard.until_told(SILENT, LISTENING)
            await heard.on(1)
            await heard.until(lambda: purity(heard.latest(0.5), 440) > 35)


async def test_a_microphone_that_hangs_is_lost_until_it_delivers_again(pulse: PulseServer):
    headset = pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        hung = heard.end
        headset.hush()
        assert (await heard.until_told(LISTENING, LOST)).at - hung < 2 * SOON
        headset.feed()
        await heard.until_told(LISTENING, LOST, RESTORED)


async def test_the_capturing_process_may_be_killed(pulse: PulseServer):
    pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        killed = heard.end
        os.kill(worker(heard.source), signal.SIGKILL)
        await heard.until_told(LISTENING, LOST, RESTORED)
        assert heard.changes[1].at - killed < 2 * SOON
        await heard.on(1)
        assert heard.lost_of(killed - SAMPLE_RATE, heard.end) < 4


async def test_a_short_standstill_of_the_capturing_process_is_a_gap_and_no_more(pulse: PulseServer):
    pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        stopped = heard.end
        os.kill(worker(heard.source), signal.SIGSTOP)
        await heard.on(0.5)
        os.kill(worker(heard.source), signal.SIGCONT)
        await heard.on(2)
        assert len(heard.changes) == 1
        assert sum(gap.end - gap.start for gap in heard.gaps if gap.lost and gap.start >= stopped) > samples(0.3)
        # What is heard now was said now.
        latest = made_at(heard.frames[-1].samples)[-1]
        assert (time.monotonic() - pulse.epoch - latest) % PERIOD < 1


async def test_a_capturing_process_that_hangs_is_replaced(pulse: PulseServer):
    pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        stopped, first = heard.end, worker(heard.source)
        os.kill(first, signal.SIGSTOP)
        await heard.until_told(LISTENING, LOST, RESTORED)
        assert heard.changes[1].at - stopped < 2 * SOON
        assert worker(heard.source) != first
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_a_reader_that_stands_still_for_a_while_misses_nothing(pulse: PulseServer):
    pulse.microphone("Headset")
    async with listening(agent()) as heard:
        await heard.until_told(LISTENING)
        await heard.on(1)
        start = heard.end
        for standstill in (0.7, 0.7, 2.5):
            time.sleep(standstill)  # noqa: ASYNC251 - the whole program stands still
            await heard.on(0.5)
        assert heard.lost_of(start, heard.end) < 0.5
        assert [change.state for change in heard.changes] == [LISTENING]


# --- nothing is left --------------------------------------------------------------------------------------------------


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def command_line(process: str) -> str:
    """How a process was started; empty where there is none any more."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def held() -> tuple[list[str], int, list[str], int]:
    """What this process holds: threads, files, children, tasks."""
    threads = sorted(thread.name.rstrip("0123456789") for thread in threading.enumerate())
    return threads, sum(1 for _ in Path("/proc/self/fd").iterdir()), children(), len(asyncio.all_tasks())


async def test_opening_and_closing_leaves_nothing(pulse: PulseServer):
    pulse.microphone("Headset")
    before = held()
    for round_ in range(20):
        microphone = agent()
        await microphone.open()
        if round_ % 2:
            async with listening(microphone) as heard:
                await heard.until(lambda heard=heard: heard.frames)
        await microphone.aclose()
        await microphone.aclose()
        assert children() == before[2]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while held() != before:  # the thread that waited for the last process is about to end
                await asyncio.sleep(0.01)
    assert held() == before


async def test_a_microphone_can_be_closed_at_any_time(pulse: PulseServer):
    pulse.microphone("Headset")
    before = children()
    never = agent()
    await never.aclose()
    assert [heard async for heard in never] == []
    opening = agent()
    task = asyncio.create_task(opening.open())
    await asyncio.sleep(0.05)
    await opening.aclose()
    with contextlib.suppress(AudioError):
        await task
    assert children() == before, "only servers are left"


async def test_the_capturing_process_ends_with_its_program(pulse: PulseServer, tmp_path):
    pulse.microphone("Headset")
    program = tmp_path / "program.py"
    program.write_text("""
import asyncio, os
from voiceassist.audio.microphone import Microphone
from voiceassist.core.types import Channel

async def main():
    microphone = Microphone(Channel.AGENT)
    await microphone.open()
    print(microphone._capture._transport.get_pid(), flush=True)
    os._exit(9)

asyncio.run(main())
""")
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, str(program)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    async with asyncio.timeout(PATIENCE):
        while "capture_worker" in command_line(done.stdout.strip()):
            await asyncio.sleep(0.05)
