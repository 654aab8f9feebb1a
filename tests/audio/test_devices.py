"""Which device a name means, and what is there to be named."""

from dataclasses import replace
from pathlib import Path

import pytest
from pulse import PulseServer

from voiceassist.audio.devices import PULSE, Device, Kind, choose, find, list_devices, substitute, without_twins
from voiceassist.errors import AudioError

WASAPI, MME = "Windows WASAPI", "MME"


def device(name: str, host: str = PULSE, *, default: bool = False, kind: Kind = Kind.MICROPHONE) -> Device:
    return Device(name, host, name.lower().replace(" ", "_"), 1, 16_000, default, kind)


HEADSET = device("USB Headset Mono")
WEBCAM = device("HD Webcam", default=True)
OUTPUT = device("Monitor of USB Headset", kind=Kind.MONITOR, default=True)
DESK = [HEADSET, WEBCAM, OUTPUT]
LONG = "Microphone (Jabra EVOLVE 20 MS with a long name)"
WINDOWS = [device(LONG[:31], MME, default=True), device("Line In", MME), device(LONG, WASAPI, default=True)]


@pytest.mark.parametrize(
    ("name", "kind", "meant"),
    [
        (None, Kind.MICROPHONE, WEBCAM),
        (None, Kind.MONITOR, OUTPUT),
        ("USB Headset Mono", Kind.MICROPHONE, HEADSET),
        ("usb_headset_mono", Kind.MICROPHONE, HEADSET),
        (" webcam ", Kind.MICROPHONE, WEBCAM),
        ("WEBCAM", Kind.MONITOR, WEBCAM),
        ("usb headset", Kind.MICROPHONE, HEADSET),
        ("usb headset", Kind.MONITOR, OUTPUT),
        ("pulseaudio: usb headset", Kind.MICROPHONE, HEADSET),
    ],
)
def test_a_name_means_one_device(name, kind, meant):
    assert choose(DESK, name, kind) == meant


def test_an_exact_name_is_meant_though_it_lies_in_another():
    short = device("USB Headset")
    assert choose([*DESK, short], "usb headset") == short


def test_the_best_way_to_a_device_is_taken():
    assert choose(WINDOWS, None) == WINDOWS[2]
    assert choose(WINDOWS, LONG) == WINDOWS[2]
    assert choose(WINDOWS, LONG[:31]) == WINDOWS[2]
    assert choose(WINDOWS, f"MME: {LONG[:31]}") == WINDOWS[0]
    assert choose(WINDOWS, "line in") == WINDOWS[1]
    assert without_twins(WINDOWS) == [WINDOWS[2], WINDOWS[1]]


def test_two_devices_of_one_name_are_both_listed():
    twins = [device("Headset"), device("Headset")]
    assert without_twins(twins) == twins


@pytest.mark.parametrize(
    ("devices", "name", "code", "told"),
    [
        (DESK, "e", "device-ambiguous", "'USB Headset Mono', 'HD Webcam', 'Monitor of USB Headset'"),
        ([HEADSET, replace(HEADSET, id="second")], "headset", "device-ambiguous", "'usb_headset_mono', 'second'"),
        (DESK, "nosuch", "device-missing", "there is 'USB Headset Mono', 'HD Webcam'"),
        (DESK, "MME: webcam", "device-missing", "'MME: webcam'"),
        ([], "webcam", "device-missing", "plug one in"),
        ([], None, "no-device", "plug a headset in"),
        ([OUTPUT], None, "no-device", "no microphone"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(devices, name, code, told):
    with pytest.raises(AudioError) as caught:
        choose(devices, name)
    assert caught.value.code == code
    assert told in str(caught.value)


def test_what_stands_in_is_of_the_same_kind():
    assert substitute([OUTPUT, HEADSET], Kind.MICROPHONE) == HEADSET
    assert substitute([HEADSET, WEBCAM], Kind.MICROPHONE) == WEBCAM
    assert substitute([OUTPUT], Kind.MICROPHONE) is None


def test_a_device_survives_the_way_between_processes():
    assert Device.from_json(OUTPUT.to_json()) == OUTPUT


def test_the_servers_devices_are_listed_as_they_come_and_go(pulse: PulseServer):
    assert [d for d in list_devices() if d.host == PULSE] == []
    headset = pulse.microphone("USB Headset")
    pulse.microphone("HD Webcam", rate=48_000)
    pulse.output("Speakers")
    pulse.pactl("set-default-source", "hd_webcam")
    assert [(d.name, d.kind, d.default) for d in list_devices() if d.host == PULSE] == [
        ("USB Headset", Kind.MICROPHONE, False),
        ("HD Webcam", Kind.MICROPHONE, True),
        ("Monitor of Speakers", Kind.MONITOR, True),
    ]
    assert find().name == "HD Webcam"
    assert find("headset").id == "usb_headset"
    headset.unplug()
    with pytest.raises(AudioError, match="'HD Webcam', 'Monitor of Speakers'"):
        find("headset")


def test_without_a_server_the_machines_own_devices_are_listed(pulse: PulseServer):
    pulse.kill()
    assert all(d.host != PULSE for d in list_devices())


def test_a_missing_portaudio_is_told_in_a_line(tmp_path: Path, monkeypatch):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(AudioError, match="PortAudio is missing: ") as caught:
        list_devices()
    assert caught.value.code == "portaudio-missing"
