"""A model hub on this machine: a real HTTP(S) server with the public hub's paths and headers, and faults to choose."""

import hashlib
import json
import re
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from needs import ROOT

REPOSITORY = "people/whisper-small-test"
REVISION = "5e1f" * 10


def weights(size: int = 700_000) -> bytes:
    """What begins as a Whisper model of CTranslate2's does; the rest is no weights."""
    head = struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + struct.pack("<II", 3, 0)
    return head + bytes(i * i % 251 for i in range(1000)) * ((size - len(head)) // 1000)


def micro() -> Path:
    """The folder of a small model that really loads and hears; skip where there is none."""
    places = (ROOT / "models" / "micro" / "whisper-micro", ROOT.parent / "shared" / "models" / "whisper-micro")
    for folder in places:
        if (folder / "model.bin").is_file():
            return folder
    pytest.skip("there is no small model here")


def model(size: int = 700_000) -> dict[str, bytes]:
    return {
        "model.bin": weights(size),
        ".gitattributes": b"*.bin filter=lfs\n",
        "README.md": b"# A model\n",
        "config.json": b'{"suppress_ids": []}\n',
        "tokenizer.json": b'{"model": {"type": "BPE"}}\n',
        "vocabulary.txt": b"a\nb\nc\n",
    }


@dataclass
class Asked:
    """One request as the server saw it."""

    path: str
    range: str | None
    authorization: str | None
    host: str


@dataclass
class Hub:
    """What the server serves, and what goes wrong.

    `breaks`: after how many bytes each of the next answers for the weights breaks off. `altered`: files that come with
    another byte. `shortened`: files that come cut. `statuses`: an answer's status by a part of its path. `stalled`: the
    weights stop half-way until the server is stopped.
    """

    files: dict[str, bytes] = field(default_factory=model)
    breaks: list[int] = field(default_factory=list)
    altered: set[str] = field(default_factory=set)
    shortened: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    announced: int | None = None
    revision: str = REVISION
    stalled: bool = False
    knows_ranges: bool = True
    cdn: str = ""
    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    sent_half: threading.Event = field(default_factory=threading.Event)

    def ranges(self) -> list[str | None]:
        """The ranges that were asked of the weights."""
        return [asked.range for asked in self.asked if asked.path.startswith("/cdn/")]

    def tree(self) -> list[dict[str, object]]:
        return [self._row(name, data) for name, data in self.files.items()]

    def _row(self, name: str, data: bytes) -> dict[str, object]:
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        row: dict[str, object] = {"type": "file", "oid": blob, "size": len(data), "path": name}
        if name == "model.bin":
            size = self.announced or len(data)
            sha256 = hashlib.sha256(data).hexdigest()
            row |= {"size": size, "lfs": {"oid": sha256, "size": size, "pointerSize": 134}}
        return row


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        hub, path = self.hub, re.sub(r"^http://[^/]+", "", self.path)
        headers = self.headers
        hub.asked.append(Asked(path, headers["Range"], headers["Authorization"], headers["Host"] or ""))
        status = next((status for part, status in hub.statuses.items() if part in path), None)
        if status is not None:
            self._send(status, b"no")
        elif path == f"/api/models/{REPOSITORY}/revision/main":
            self._send(200, json.dumps({"id": REPOSITORY, "sha": self.hub.revision}).encode())
        elif path == f"/api/models/{REPOSITORY}/tree/{REVISION}":
            self._send(200, json.dumps(hub.tree()).encode())
        elif match := re.fullmatch(r"/[\w.-]+/[\w.-]+/resolve/[0-9a-f]{40}/([\w.]+)", path):
            self._resolve(match[1])
        elif match := re.fullmatch(r"/small/([\w.]+)", path):
            self._send(200, self._as_sent(match[1]))
        elif path == "/cdn/weights":
            self._weights()
        else:
            self._send(404, b"not found")

    def _resolve(self, name: str) -> None:
        if name not in self.hub.files:
            self._send(404, b"no such file")
        elif name == "model.bin":
            data = self.hub.files[name]
            self._send(
                302,
                b"",
                Location=f"{self.hub.cdn}/cdn/weights",
                X_Repo_Commit=REVISION,
                X_Linked_Size=str(len(data)),
                X_Linked_Etag=f'"{hashlib.sha256(data).hexdigest()}"',
            )
        else:
            self._send(307, b"", Location=f"/small/{name}", X_Repo_Commit=REVISION)

    def _weights(self) -> None:
        hub, data = self.hub, self._as_sent("model.bin")
        start = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        begin = int(start[1]) if start and hub.knows_ranges else 0
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.end_headers()
        rest = data[begin:]
        if hub.stalled:
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            hub.sent_half.set()
            hub.stopping.wait()
            self.close_connection = True
        elif hub.breaks:
            self.wfile.write(rest[: hub.breaks.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(rest)

    def _as_sent(self, name: str) -> bytes:
        data = self.hub.files[name]
        if name in self.hub.altered:
            data = data[:-1] + bytes([data[-1] ^ 1])
        return data[:-10] if name in self.hub.shortened else data

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(hub: Hub | None = None, *, tls: ssl.SSLContext | None = None) -> Iterator[Hub]:
    """Serve `hub` on a free port of this machine; its `address` is set."""
    hub = hub or Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that hangs up is part of many tests
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    hub.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        hub.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
