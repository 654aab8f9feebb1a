"""Recordings of many formats, whole and damaged."""

import asyncio
import struct

import numpy as np
import pytest
from sound import record, tone

from voiceassist.audio.file import FileSource, Pace
from voiceassist.core.types import FRAME, SAMPLE_RATE, Channel
from voiceassist.errors import AudioError, UsageError


async def play(source: FileSource) -> dict[Channel, np.ndarray]:
    """What a source delivers, checked to be in step and without holes."""
    heard: dict[Channel, list[np.ndarray]] = {channel: [] for channel in source.channels}
    at, turn = 0, 0
    async for frame in source:
        assert frame.channel is source.channels[::-1][turn]
        assert frame.start == at
        assert frame.samples.shape == (FRAME,)
        heard[frame.channel].append(frame.samples)
        turn = (turn + 1) % len(source.channels)
        at = frame.end if turn == 0 else at
    assert turn == 0
    await source.aclose()
    return {channel: np.concatenate(frames) for channel, frames in heard.items()}


def pitch(sound: np.ndarray) -> float:
    """The strongest frequency in the second half second of `sound`, in hertz."""
    part = sound[SAMPLE_RATE // 2 : SAMPLE_RATE]
    return float(np.argmax(np.abs(np.fft.rfft(part * np.hanning(len(part)))))) * SAMPLE_RATE / len(part)


def chord(rate: int, channels: int, seconds: float = 1.5) -> np.ndarray:
    """A tone a channel: 300 Hz, 400 Hz and so on."""
    return np.stack([tone(seconds, 300.0 + 100 * index, rate) for index in range(channels)], axis=1)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "codec"),
    [
        ("eight_bit.wav", 16000, 1, "pcm_u8:u8"),
        ("mu_law.wav", 8000, 1, "pcm_mulaw:s16"),
        ("a_law_stereo.wav", 8000, 2, "pcm_alaw:s16"),
        ("sixteen_bit.wav", 16000, 2, "pcm_s16le:s16"),
        ("cd.wav", 44100, 2, "pcm_s16le:s16"),
        ("deep.wav", 96000, 1, "pcm_s24le:s32"),
        ("float.wav", 48000, 2, "pcm_f32le:flt"),
        ("surround.wav", 48000, 6, "pcm_s16le:s16"),
        ("call.flac", 16000, 2, "flac:s16"),
        ("deep.flac", 48000, 1, "flac:s32"),
        ("call.ogg", 48000, 2, "libopus:flt"),
        ("call.mp3", 44100, 2, "libmp3lame:s16p"),
        ("call.m4a", 44100, 2, "aac:fltp"),
    ],
)
async def test_any_common_format_is_heard_at_16_khz(tmp_path, name, rate, channels, codec):
    path = record(tmp_path / name, chord(rate, channels), rate, codec)
    source = FileSource(path, tail=0.5)
    assert source.duration == pytest.approx(1.5, abs=0.1)
    heard = await play(source)
    assert source.channels == (Channel.AGENT, Channel.CUSTOMER)[: min(channels, 2)]
    for index, sound in enumerate(heard.values()):
        assert len(sound) == pytest.approx(2.0 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
        assert pitch(sound) == pytest.approx(300 + 100 * index, abs=3)
        assert np.std(sound[8000:16000]) == pytest.approx(0.5 / np.sqrt(2), abs=0.03)
        assert np.abs(sound[-FRAME:]).max() == 0
    assert not source.truncated


async def test_the_channels_asked_for_are_taken(tmp_path):
    path = record(tmp_path / "six.wav", chord(16000, 6), 16000)
    heard = await play(FileSource(path, agent_channel=5, customer_channel=2))
    assert pitch(heard[Channel.AGENT]) == pytest.approx(800, abs=3)
    assert pitch(heard[Channel.CUSTOMER]) == pytest.approx(500, abs=3)
    only_agent = FileSource(path, agent_channel=1, customer_channel=9)
    assert only_agent.channels == (Channel.AGENT,)
    await only_agent.aclose()


@pytest.mark.parametrize("agent", [-1, 2])
def test_a_channel_that_the_file_lacks_is_refused(tmp_path, agent):
    path = record(tmp_path / "two.wav", chord(16000, 2), 16000)
    with pytest.raises(AudioError, match=r"two\.wav has channels 0 to 1") as refused:
        FileSource(path, agent_channel=agent)
    assert refused.value.code == "audio-channel"


def test_one_channel_cannot_be_both_sides(tmp_path):
    path = record(tmp_path / "two.wav", chord(16000, 2), 16000)
    with pytest.raises(UsageError, match="both be channel 1"):
        FileSource(path, agent_channel=1, customer_channel=1)


async def test_the_same_samples_come_at_either_pace(tmp_path):
    path = record(tmp_path / "short.wav", chord(16000, 2, 0.3), 16000)
    fast = await play(FileSource(path, tail=0.2))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    real = await play(FileSource(path, tail=0.2, pace=Pace.REALTIME))
    # A frame is never early: the last one's end has passed.
    assert loop.time() - begun >= 0.5
    assert all(np.array_equal(fast[channel], real[channel]) for channel in fast)
    assert len(fast[Channel.AGENT]) == 16 * FRAME


async def test_the_loop_is_free_while_a_file_is_read(tmp_path):
    path = record(tmp_path / "minute.wav", np.zeros((60 * 16000, 1)), 16000)
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await play(FileSource(path))
    counting.cancel()
    assert turns >= 60


async def test_an_hour_is_played_without_being_held(tmp_path):
    path = tmp_path / "hour.wav"
    seconds = 3600
    size = seconds * 8000
    header = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 7, 1, 8000, 8000, 1, 8)
    with path.open("wb") as file:
        file.write(header + b"data" + struct.pack("<I", size))
        file.writelines(b"\xff" * 8000 for _ in range(seconds))
    source = FileSource(path, tail=0.0)
    assert source.duration == seconds
    frames, loudest = 0, 0.0
    async for frame in source:
        frames += 1
        loudest = max(loudest, float(np.abs(frame.samples).max()))
    await source.aclose()
    assert frames == seconds * SAMPLE_RATE // FRAME
    assert loudest == 0
    assert not source.truncated


@pytest.mark.parametrize(("name", "codec"), [("call.wav", "pcm_s16le"), ("call.flac", "flac")])
async def test_a_file_cut_short_is_played_up_to_the_cut(tmp_path, name, codec):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (32000, 1))
    path = record(tmp_path / name, noise, 16000, f"{codec}:s16")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = FileSource(path, tail=0.0)
    heard = await play(source)
    assert source.truncated
    whole = len(heard[Channel.AGENT]) // FRAME * FRAME - 2 * FRAME
    assert 0.35 * 32000 < whole < 0.6 * 32000
    assert np.allclose(heard[Channel.AGENT][: whole // 2], noise[: whole // 2, 0], atol=1e-3)


async def test_damage_in_the_middle_is_survived_and_said(tmp_path):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (64000, 1))
    path = record(tmp_path / "call.flac", noise, 16000, "flac:s16")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    source = FileSource(path, tail=0.0)
    heard = await play(source)
    assert source.truncated
    assert np.allclose(heard[Channel.AGENT][:16000], noise[:16000, 0], atol=1e-3)


def wav(channels: int, rate: int, data: bytes) -> bytes:
    step = max(1, 2 * channels)
    form = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * step, step, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + form + b"data" + struct.pack("<I", len(data)) + data
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.wav", b""),
        ("half_header.wav", wav(1, 16000, b"")[:20]),
        ("no_samples.wav", wav(1, 16000, b"")),
        ("no_channels.wav", wav(0, 16000, bytes(3200))),
        ("no_rate.wav", wav(1, 0, bytes(3200))),
        ("slow.wav", wav(1, 1, bytes(3200))),
        ("notes.mp3", b"these are notes of a call, not its sound\n" * 20),
        ("page.wav", b"<!doctype html><title>404</title>" * 30),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n"),
    ],
)
def test_what_holds_no_sound_is_refused_in_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(AudioError) as refused:
        FileSource(path)
    assert refused.value.code == "audio-damaged"
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "absent.wav", tmp_path):
        with pytest.raises(AudioError) as refused:
            FileSource(path)
        assert refused.value.code == "audio-missing"
        assert path.name in str(refused.value)


def test_a_film_without_sound_is_refused(tmp_path):
    path = tmp_path / "film.y4m"
    path.write_bytes(b"YUV4MPEG2 W16 H16 F25:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + bytes(384)) * 3)
    with pytest.raises(AudioError, match=r"film\.y4m has no sound track"):
        FileSource(path)


async def test_a_name_with_a_colon_is_a_name(tmp_path):
    path = record(tmp_path / "plain.wav", chord(16000, 1), 16000)
    odd = path.rename(tmp_path / "call:3, söndag.wav")
    assert pitch((await play(FileSource(odd)))[Channel.AGENT]) == pytest.approx(300, abs=3)


async def test_what_is_not_a_number_in_a_float_recording_harms_no_other_sample(tmp_path):
    sound = chord(48000, 1)
    path = record(tmp_path / "float.wav", sound, 48000, "pcm_f32le:flt")
    content = bytearray(path.read_bytes())
    content[-40000:-39996] = struct.pack("<f", float("nan"))
    path.write_bytes(content)
    heard = (await play(FileSource(path)))[Channel.AGENT]
    assert np.isfinite(heard).all()
    assert pitch(heard) == pytest.approx(300, abs=3)


async def test_closing_early_and_twice_ends_the_sound(tmp_path):
    path = record(tmp_path / "call.wav", chord(16000, 1, 10.0), 16000)
    source = FileSource(path, tail=0.0)
    frames = aiter(source)
    await anext(frames)
    await source.aclose()
    await source.aclose()
    left = [frame async for frame in frames]
    assert len(left) < 2 * SAMPLE_RATE / FRAME
