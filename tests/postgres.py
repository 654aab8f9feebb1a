"""A PostgreSQL server of the test's own: it can be killed and started again, and gives fresh databases."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import IO, Self

import pg8000.dbapi
import psutil
import trustme
from needs import needs

USER, PASSWORD = "voiceassist", "open sesame"
_READY = "ready to accept connections"


class PostgresServer:
    """The server, on a free port of this machine. Without `durable` a power cut would lose what is committed.

    As root it runs as the user postgres: it refuses to be root. With a certificate it may be spoken to in cipher.
    """

    def __init__(self, *, durable: bool = False, certificate: trustme.LeafCert | None = None) -> None:
        _program("postgres")  # where it is missing nothing is made
        self.folder = Path(tempfile.mkdtemp(prefix="voiceassist-postgres-"))
        self._data = self.folder / "data"
        self._durable = durable
        self._numbers = count(1)
        self._server: subprocess.Popen[str] | None = None
        self._said: deque[str] = deque(maxlen=20)
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._port: int = free.getsockname()[1]
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if _is_root():
            for path in (self.folder, password):
                shutil.chown(path, "postgres", "postgres")
        self._certificate = self.folder / "certificate.pem" if certificate else None
        if certificate and self._certificate:
            certificate.private_key_and_cert_chain_pem.write_to_path(str(self._certificate))
            self._certificate.chmod(0o600)
            if _is_root():
                shutil.chown(self._certificate, "postgres", "postgres")
        made = ["--pgdata", self._data, "--username", USER, "--pwfile", password, "--auth=password", "--no-locale"]
        self._run("initdb", *made, "--encoding=UTF8", "--no-sync")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": self.folder,
            "fsync": "on" if self._durable else "off",
            "shared_buffers": "32MB",
        }
        if self._certificate is not None:
            options |= {"ssl": "on", "ssl_cert_file": self._certificate, "ssl_key_file": self._certificate}
        command = [*_as_postgres(), _program("postgres"), "-D", self._data]
        command += [f"--{name}={value}" for name, value in options.items()]
        self._server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=self.folder)
        said = self._server.stderr
        assert said is not None
        for line in said:
            self._said.append(line)
            if _READY in line:
                break
        else:
            raise AssertionError("PostgreSQL did not start: " + "".join(self._said))
        threading.Thread(target=self._listen, args=(said,), daemon=True).start()  # it would block once the pipe is full

    def stop(self) -> None:
        """Stop it in an orderly way; who is connected is thrown out."""
        self._end(signal.SIGINT, everybody=False)

    def kill(self) -> None:
        """Kill it with all its processes (SIGKILL)."""
        self._end(signal.SIGKILL, everybody=True)

    def remove(self) -> None:
        """Kill it, and delete what it kept."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()

    def url(self, database: str = "postgres") -> str:
        """The address of a database, as `store.url` has it."""
        return f"postgresql://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self._port}/{database}"

    def database(self, *, like: str = "template0") -> str:
        """Make a database as `like` is, to which nobody may be connected; tells its name."""
        name = f"test_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {like}")
        return name

    def drop(self, database: str) -> None:
        """Delete a database; who is connected is thrown out."""
        self.sql(f"DROP DATABASE {database} WITH (FORCE)")

    def sql(self, *statements: str, database: str = "postgres") -> list[list[object]]:
        """Run statements past the program, each committed by itself; the rows of the last."""
        connection = pg8000.dbapi.connect(USER, host="127.0.0.1", port=self._port, database=database, password=PASSWORD)
        connection.autocommit = True
        with closing(connection):
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return [list(row) for row in cursor.fetchall()] if cursor.description else []

    def _end(self, sign: signal.Signals, *, everybody: bool) -> None:
        """Send the sign to the server, or to all its processes, and wait until none is left."""
        if self._server is None:
            return
        first = psutil.Process(self._server.pid)
        processes = [first, *first.children(recursive=True)]
        for process in processes if everybody else [first]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(sign)
        self._server.wait()
        while any(map(_runs, processes)):
            psutil.wait_procs(processes, timeout=0.01)
        self._server = None

    def _listen(self, said: IO[str]) -> None:
        with said:
            self._said.extend(said)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [*_as_postgres(), _program(program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)


def _runs(process: psutil.Process) -> bool:
    """Tell whether it still holds anything; who has to bury its orphans may take a second for it."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _program(name: str) -> str:
    """Its path: Debian keeps the server's programs in a folder for each version, out of the search path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    if found:
        return str(found[-1])
    return needs(name, "postgresql")


def _as_postgres() -> list[str]:
    """What comes before a command so that it does not run as root."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if _is_root() else []


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
