"""Nothing of a call gets out unasked: no sound reaches a disk, and no byte another machine."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from hidden_sound import hiss, holds
from live import child_of, headset, listening, say_no
from needs import ROOT, hear_ctrl_c
from pulse import PulseServer
from sound import record, spoken
from test_demo import children_of
from traces import Trace

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="strace and network namespaces are Linux's"),
    pytest.mark.timeout(300),
]

PROGRAM = (sys.executable, "-m", "voiceassist")
# What is no file on a disk, and what Python makes of its own source.
_MEMORY = re.compile(r"/dev/(null|tty|shm/.*)|/memfd:.*|/proc/self/.*|.*/__pycache__/[^/]*")


def files(trace: Trace) -> dict[str, bytes]:
    """What was written to files on a disk."""
    return {path: data for path, data in trace.written().items() if not _MEMORY.fullmatch(path)}


class Folders:
    """Where a program may write: what it keeps, and what is to be gone when it ends."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.kept, self.passing = home / "data" / "voiceassist", home / "passing"
        self.environment = {"XDG_DATA_HOME": str(self.kept.parent), "TMPDIR": str(self.passing)}
        self.passing.mkdir()

    def beyond(self, paths: Iterable[str]) -> set[str]:
        """The files that lie elsewhere."""
        # Python asks a compiler where the library for sound lies: that one needs files, too, and takes them away.
        return {path for path in paths if not path.startswith((str(self.kept), str(self.passing)))}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def run(trace: Trace, *command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*trace.under, *command], capture_output=True, text=True, check=False, cwd=cwd)


async def until_said(trace: Trace, *command: str, line: str) -> None:
    """Run a command that serves until it prints a line like this, then press Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *(*trace.under, *command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
        preexec_fn=hear_ctrl_c,
    )
    assert process.stdout is not None
    try:
        while not re.search(line, said := (await process.stdout.readline()).decode()):
            assert said, "it ended"
        os.kill(child_of(process.pid), signal.SIGINT)
        await process.communicate()
        assert process.returncode == 130
    finally:
        if process.returncode is None:
            process.kill()


# --- a call ends, and nothing of it is anywhere -----------------------------------------------------------------------


async def test_a_live_call_writes_its_record_alone_and_no_sound_and_speaks_to_nobody(
    pulse: PulseServer, folders: Folders
) -> None:
    trace = Trace(folders.home, pulse.environment | folders.environment)
    _, tape = headset(pulse)
    async with listening("--device", "headset", "--transcriber", "pocketsphinx", under=trace.under) as live:
        await live.until("audio", state="listening")
        tape.play(hiss())
        await say_no(live, tape)
        tape.play(hiss())
        await live.until("nudge_cleared")
        # Also no core dump: what a crash would leave.
        programs = [live.pid, *children_of(live.pid)]
        limits = [Path(f"/proc/{pid}/limits").read_text() for pid in programs]  # noqa: ASYNC240
    written = files(trace)
    assert folders.beyond(written) == set()
    assert list(folders.passing.iterdir()) == []
    assert [data for path, data in written.items() if path.startswith(str(folders.kept / "calls.sqlite3")) and data]
    kept = {path: data + Path(path).read_bytes() for path, data in written.items() if Path(path).exists()}  # noqa: ASYNC240
    assert [path for path, data in {**written, **kept}.items() if holds(data, hiss())] == []
    assert trace.outside() == set()
    assert len(programs) > 2, "the microphone's and the recogniser's processes are looked at, too"
    assert [re.findall(r"Max core file size +(\S+) +(\S+)", limit) for limit in limits] == [[("1", "1")]] * len(limits)


def test_a_replayed_call_writes_nothing_and_speaks_to_nobody(tmp_path: Path) -> None:
    trace = Trace(tmp_path)
    sound = record(tmp_path / "call.wav", spoken("No, we can't do that.")[:, None], 16_000)
    done = run(trace, *PROGRAM, "replay", str(sound), "--transcriber", "pocketsphinx", "--json")
    assert done.returncode == 0, done.stderr
    assert '"type":"call_ended"' in done.stdout
    assert files(trace) == {}
    assert trace.outside() == set()


def test_sound_that_goes_through_hub_and_worker_is_on_no_disk_and_goes_nowhere_else(folders: Folders) -> None:
    trace = Trace(folders.home, folders.environment | {"PYTHONPATH": str(ROOT / "tests")})
    done = run(trace, sys.executable, "-m", "worker.traced_line", str(folders.kept))
    assert done.returncode == 0, done.stderr
    written = files(trace)
    assert folders.beyond(written) == set()
    assert list(folders.passing.iterdir()) == []
    assert [path for path, data in written.items() if path.startswith(str(folders.kept / "hub")) and data]
    assert [path for path, data in written.items() if holds(data, hiss())] == []
    assert trace.outside() == set()


@pytest.mark.parametrize(
    ("command", "line", "keeps"),
    [
        (("demo", "--headless"), "no problem", False),
        (("serve", "--sample"), "http://", False),
        (("serve",), "http://", True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_what_serves_writes_its_database_alone_and_speaks_to_nobody(
    folders: Folders, command: tuple[str, ...], line: str, *, keeps: bool
) -> None:
    trace = Trace(folders.home, folders.environment)
    await until_said(trace, *PROGRAM, *command, "--port", "0", line=line)
    assert folders.beyond(files(trace)) == set()
    assert any(path.startswith(str(folders.kept)) for path in files(trace)) is keeps
    assert list(folders.passing.iterdir()) == []
    assert trace.outside() == set()


@pytest.mark.parametrize("command", [("doctor",), ("models", "list"), ("calls",), ("devices",)], ids=" ".join)
def test_what_looks_around_speaks_to_nobody(tmp_path: Path, command: tuple[str, ...]) -> None:
    trace = Trace(tmp_path)
    done = run(trace, *PROGRAM, *command)
    assert "Traceback" not in done.stderr
    assert trace.outside() == set()


# --- the detectors detect ---------------------------------------------------------------------------------------------

_WRITER = """
import sys
import numpy as np
from hidden_sound import hiss
from voiceassist.audio.ring import Ring
ring = Ring()
ring.write(0, hiss())
sound = ring.read(0, ring.end)[8_000:24_000]
kind, path = sys.argv[1:]
data = sound.tobytes() if kind == "float32" else (sound * 32_767).astype("<i2").tobytes()
with open(path, "wb", buffering=0) as file:
    for at in range(0, len(data), 1_000):
        file.write(data[at : at + 1_000])
"""


@pytest.mark.parametrize("kind", ["float32", "int16"])
def test_a_ring_that_is_written_to_a_file_is_found_there(tmp_path: Path, kind: str) -> None:
    trace, path = Trace(tmp_path), tmp_path / "ring"
    done = run(trace, sys.executable, "-c", _WRITER, kind, str(path), cwd=ROOT / "tests")
    assert done.returncode == 0, done.stderr
    written = files(trace)
    assert written == {str(path): path.read_bytes()}
    assert holds(written[str(path)], hiss())
    assert not holds(written[str(path)], hiss()[::-1])


def test_a_file_that_is_moved_or_linked_is_found(tmp_path: Path) -> None:
    trace = Trace(tmp_path)
    (tmp_path / "a").touch()
    program = "import os; os.link('a', 'b'); os.replace('a', 'c'); os.mknod('d'); open('b', 'ab').close(); open('b')"
    assert run(trace, sys.executable, "-c", program, cwd=tmp_path).returncode == 0
    assert {Path(path).name for path in files(trace)} == {"b", "c", "d"}


@pytest.mark.parametrize(
    "program",
    [
        "s.socket().connect_ex(('192.0.2.7', 443))",
        "s.socket(type=s.SOCK_DGRAM).connect_ex(('192.0.2.7', 53))",
        "s.socket(s.AF_INET6).connect_ex(('2001:db8::7', 443))",
        "s.socket(type=s.SOCK_DGRAM).sendto(b'x', ('192.0.2.7', 53))",
        "s.socket(type=s.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.7', 53))",
    ],
)
def test_whatever_tries_to_reach_another_machine_is_found(tmp_path: Path, program: str) -> None:
    trace = Trace(tmp_path)
    run(trace, sys.executable, "-c", f"import socket as s; {program}")
    assert trace.outside() in ({"192.0.2.7"}, {"2001:db8::7"})


def test_this_machine_is_no_other_and_no_other_can_be_reached(tmp_path: Path) -> None:
    trace = Trace(tmp_path)
    program = (
        "import socket as s; l = s.create_server(('127.0.0.1', 0)); s.create_connection(l.getsockname());"
        "print(s.socket().connect_ex(('192.0.2.7', 443)))"
    )
    done = run(trace, sys.executable, "-c", program)
    assert trace.reached() == {"127.0.0.1", "192.0.2.7"}
    assert trace.outside() == {"192.0.2.7"}
    assert done.stdout.strip() == "101"  # the network is unreachable
