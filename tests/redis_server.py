"""A Redis server of the test's own, in its own folder: killed, frozen, restarted, emptied as a test likes."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from random import SystemRandom

from needs import needs

_START_LIMIT = 20.0


class RedisServer:
    """The daemon on a port of its own, which it keeps from start to start. It writes all that it confirms to a log.

    `folder` is made, and is all its own; `options` are further ones of its command line. `tls`: its port speaks TLS.
    """

    def __init__(self, folder: Path, options: Sequence[str] = (), *, tls: bool = False) -> None:
        self._program = needs("redis-server", "redis-server")
        self._folder = folder
        self._options = options
        self._tls = tls
        self.port = _free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"{'rediss' if self._tls else 'redis'}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it on what lies in its folder; returns once it answers."""
        self._folder.mkdir(exist_ok=True)
        ports = ("--port", "0", "--tls-port", str(self.port)) if self._tls else ("--port", str(self.port))
        command = [
            *(self._program, "--bind", "127.0.0.1", *ports, "--dir", str(self._folder)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no", *self._options),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        ready = threading.Event()
        lines: list[str] = []
        threading.Thread(target=_read, args=(self._process, lines, ready), daemon=True).start()
        assert ready.wait(_START_LIMIT), "".join(lines)
        assert self._process.poll() is None, "".join(lines)

    def kill(self) -> None:
        """End it as if it had crashed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in an orderly way, if it runs; also when it is frozen."""
        self.thaw()
        self._end(signal.SIGTERM)

    def empty(self) -> None:
        """Let the one that is stopped forget everything."""
        assert self._process is None
        shutil.rmtree(self._folder)

    def freeze(self) -> None:
        """Let it stand still: its sockets stay open, and nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None


def _read(process: subprocess.Popen[str], lines: list[str], ready: threading.Event) -> None:
    """Keep what it says, and tell once it is ready or has ended."""
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.append(line)
            if "Ready to accept connections" in line:
                ready.set()
    ready.set()


def _free_port() -> int:
    """A port below those that the system gives away by itself, so that it is free at the next start, too."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
