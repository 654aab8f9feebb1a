"""What a program, and all that it starts, writes and reaches, as strace saw it; in a world without a network."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from subprocess import run

from needs import cannot_run, needs

_CALLS = (
    "open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,vmsplice,"
    "rename,renameat,renameat2,link,linkat,mknod,mknodat,memfd_create,io_uring_setup,"
    "connect,sendto,sendmsg,sendmmsg"
)
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_LINE = re.compile(r"^\d+ +(?P<call>\w+)\((?P<rest>.*)$")
_FILE = re.compile(r"^[^,<]*<(?P<path>/[^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_ADDRESS = re.compile(r'(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]*)"')
_WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|creat")


class Trace:
    """Runs a command under strace, with no network but loopback; afterwards tells what it did.

    `under` is what is to be put before the command, which finds nothing of this environment but what is handed in.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        strace = needs("strace", "strace")
        unshare, ip = needs("unshare", "util-linux"), needs("ip", "iproute2")
        alone = [unshare, "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
        if (
            tried := run([*alone, ip, "link", "set", "lo", "up"], capture_output=True, text=True, check=False)
        ).returncode:
            cannot_run(f"this machine allows no network namespace: {tried.stderr.strip()}")
        home = folder / "home"
        home.mkdir()
        self.home = home
        self._log = folder / "trace"
        # On a build server libraries keep quiet that call home from a user's machine: its marks are left out, too.
        clean = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **(environment or {})}
        self.under = [
            *(*alone, "sh", "-c", f'{ip} link set lo up && exec "$@"', "sh"),
            *(strace, "-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-s", "1000000", "-o", str(self._log)),
            *("-e", f"trace={_CALLS}", "-e", "signal=none"),
            *("env", "-i", *(f"{name}={value}" for name, value in clean.items())),
        ]

    def written(self) -> dict[str, bytes]:
        """Every file that was opened to be written, made or got by another name, and all that was written to it."""
        files: dict[str, list[bytes]] = defaultdict(list)
        for call, rest in self._lines():
            if call in {"open", "openat", "openat2", "creat"}:
                if _WRITES.search(call + _TEXT.sub("", rest)) and not re.search(r"= -1 \w+", rest):
                    files[self._opened(rest)] += []
            elif call.startswith(("rename", "link", "mknod")):
                files[_plain(_TEXT.findall(rest)[-1])] += []
            elif call == "memfd_create":
                files[f"/memfd:{_plain(_TEXT.findall(rest)[0])}"] += []
            elif call.startswith(("write", "pwrite")) and (file := _FILE.match(_decoded_path(rest))):
                files[file["path"]] += [bytes.fromhex(part.replace("\\x", "")) for part in _TEXT.findall(rest)]
            elif call in {"sendfile", "copy_file_range", "splice", "vmsplice", "io_uring_setup"}:
                files[f"{call}: {_plain(rest)}"] += []  # what they move is not seen: nobody may use them
        return {path: b"".join(parts) for path, parts in files.items()}

    def reached(self) -> set[str]:
        """Every internet address that was written to or connected to, or was tried to."""
        lines = (rest for call, rest in self._lines() if call in {"connect", "sendto", "sendmsg", "sendmmsg"})
        return {_plain(address) for rest in lines for address in _ADDRESS.findall(rest)}

    def outside(self) -> set[str]:
        """What of `reached` is not this machine itself."""
        return {address for address in self.reached() if not ip_address(address).is_loopback}

    @staticmethod
    def _opened(rest: str) -> str:
        made = re.search(r"= \d+<([^>]*)>$", rest)
        return _plain(made[1] if made else _TEXT.findall(rest)[0])

    def _lines(self) -> Iterator[tuple[str, str]]:
        with self._log.open() as log:
            for line in log:
                if found := _LINE.match(line):
                    yield found["call"], found["rest"]


def _plain(text: str) -> str:
    return _HEX.sub(lambda m: bytes.fromhex(m[0].replace("\\x", "")).decode("utf-8", "replace"), text)


def _decoded_path(rest: str) -> str:
    """The beginning of a call's arguments, up to the name of the file it is about."""
    head, found, _ = rest.partition(">")
    return _plain(head) + found
