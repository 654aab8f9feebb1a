"""The model hub over HTTP: what a repository holds, and its files, taken up again where a connection broke.

The hub's own client checks sizes but no checksums, and changes its HTTP library, and with it the errors that it raises,
from version to version. These few requests are made with the standard library instead.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import IO, Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from voiceassist.errors import ModelError, UsageError
from voiceassist.weights.manifest import ModelFile
from voiceassist.weights.part import Part

DEFAULT_ENDPOINT = "https://huggingface.co"

_WANTED = re.compile(r"model\.bin|(config|preprocessor_config|tokenizer)\.json|vocabulary\.(json|txt)")
_BLOCK = 1 << 18
_ENOUGH = 1 << 20
"""So many new bytes make the count of a connection's failures start anew."""
_REFUSALS = {401, 403, 404, 407, 410, 451}


class _Redirects(HTTPRedirectHandler):
    """Follows a redirect with the token where it stays on the same host: the hub's files lie elsewhere.

    `host` is where the last request ended up.
    """

    host = ""

    def redirect_request(  # noqa: PLR0913, PLR0917 - as the base class has it
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        onward = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get("Authorization")
        if onward is not None:
            self.host = onward.host
            if token and (onward.host, onward.type) == (req.host, req.type):
                onward.add_unredirected_header("Authorization", token)
        return onward


class _BrokenError(Exception):
    """A connection that broke, or was never made; another may do better."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long (s) to wait for bytes, how often to try, and how long to pause before the first retry."""

    timeout: float = 30.0
    attempts: int = 5
    pause: float = 1.0


PATIENCE = Patience()


class Hub:
    """The hub at `endpoint`.

    `describe` and `fetch` raise ModelError: `pull-offline`, `pull-certificate`, `pull-refused`, `pull-interrupted`,
    `pull-corrupt`; `fetch` also `pull-disk-full` and `pull-folder`.
    """

    def __init__(self, endpoint: str, patience: Patience) -> None:
        self.endpoint = endpoint.rstrip("/")
        address = urlsplit(self.endpoint)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise UsageError(f"the endpoint {endpoint} is no web address: it begins with https://")
        self._host = address.netloc.rpartition("@")[2]
        self._patience = patience
        self._redirects = _Redirects()
        self._opener = build_opener(self._redirects)
        self._answered = False

    def describe(self, repository: str, revision: str | None) -> tuple[str, list[ModelFile]]:
        """The commit that `revision` (None: the newest) is, and the files of a model in it."""
        api = f"/api/models/{quote(repository)}"
        try:
            if revision is None:
                revision = _commit(self._json(f"{api}/revision/main")["sha"])
            rows = cast("list[dict[str, Any]]", self._json(f"{api}/tree/{quote(revision)}"))
            return revision, [_file(row) for row in rows if _WANTED.fullmatch(row["path"])]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ModelError(
                f"{self._host} does not answer as a model hub does: check --endpoint and HF_ENDPOINT, and whether a "
                "log-in page stands before the network",
                code="pull-refused",
            ) from None

    def fetch(
        self, repository: str, revision: str, file: ModelFile, path: Path, progress: Callable[[int], None]
    ) -> str:
        """Get `file` (its size and a checksum are known) into `path`, going on where `path` ends; return its SHA-256.

        `progress` is told how many bytes there are. What came through altered is removed; what broke off stays.
        """
        assert file.size is not None
        url = f"{self.endpoint}/{quote(repository)}/resolve/{quote(revision)}/{quote(file.name)}"
        with Part(path, file.size) as part:
            # What lay here before may be at fault: then it is got once more, from its beginning.
            for _ in range(2 if part.done else 1):
                self._complete(url, file, part, progress)
                if part.digest.fits(file):
                    return part.digest.sha256
                part.empty()
        path.unlink()
        raise ModelError(
            f"{file.name} came from {self._host} with another checksum than it should have: try again, or with another "
            "--endpoint",
            code="pull-corrupt",
        )

    def _complete(self, url: str, file: ModelFile, part: Part, progress: Callable[[int], None]) -> None:
        """Bring `part` to its full size, over as many connections as it takes."""
        failures = 0
        progress(part.done)
        while part.done < part.size:
            had = part.done
            try:
                self._add(url, file, part, progress)
            except _BrokenError as error:
                failures = 1 if part.done - had >= _ENOUGH else failures + 1
                self._again(failures, error)

    def _add(self, url: str, file: ModelFile, part: Part, progress: Callable[[int], None]) -> None:
        """Add to `part` what one connection brings."""
        with self._open(url, part.done) as answer:
            begins = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range") or "")
            if part.done and (answer.status != HTTPStatus.PARTIAL_CONTENT or not begins or int(begins[1]) != part.done):
                part.empty()
                if answer.status == HTTPStatus.PARTIAL_CONTENT:
                    raise _BrokenError("it sent another part of the file than it was asked for")
            length = answer.headers.get("Content-Length")
            if length is not None and part.done + int(length) != part.size:
                raise ModelError(
                    f"{file.name} is {part.done + int(length)} bytes long at {self._host}, where {part.size} are due: "
                    "try another --endpoint",
                    code="pull-corrupt",
                )
            while part.done < part.size:
                block = self._read(lambda: answer.read1(min(_BLOCK, part.size - part.done)))
                if not block:
                    raise _BrokenError("the connection broke off")
                part.add(block)
                progress(part.done)

    def _json(self, path: str) -> Any:
        failures = 0
        while True:
            try:
                with self._open(self.endpoint + path) as answer:
                    return json.loads(self._read(answer.read))
            except _BrokenError as error:
                failures += 1
                self._again(failures, error)

    def _open(self, url: str, start: int = 0) -> Any:
        """The answer to a request for `url`, from byte `start`. Raises ModelError or _BrokenError."""
        request = Request(url, headers={"User-Agent": "voiceassist"})  # noqa: S310 - the scheme was checked
        self._redirects.host = self._host
        if start:
            request.add_header("Range", f"bytes={start}-")
        if token := os.environ.get("HF_TOKEN"):
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        try:
            answer = self._opener.open(request, timeout=self._patience.timeout)
        except HTTPError as error:
            self._answered = True
            error.close()
            if error.code not in _REFUSALS:
                raise _BrokenError(f"it answers {error.code} {error.reason}") from error
            raise ModelError(_refusal(error.code, self._host, urlsplit(url).path), code="pull-refused") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._fault(error) from error
        self._answered = True
        return answer

    def _read(self, read: Callable[[], bytes]) -> bytes:
        try:
            return read()
        except (OSError, http.client.HTTPException) as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> ModelError | _BrokenError:
        """What a failed connection comes to."""
        cause = error.reason if isinstance(error, URLError) else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ModelError(
                f"the certificate of {self._redirects.host} is not trusted ({cause.verify_message}): behind a "
                "proxy that reads along, name its authority's file with SSL_CERT_FILE",
                code="pull-certificate",
            )
        return _BrokenError(_words(cause))

    def _again(self, failures: int, error: _BrokenError) -> None:
        """Wait before the next try. Raises ModelError where there should be none."""
        if not self._answered:
            raise ModelError(
                f"{self._host} cannot be reached ({error}): check the network, HTTPS_PROXY and --endpoint; a model got "
                "on another machine can be copied here and named with --model FOLDER",
                code="pull-offline",
            ) from error
        if failures >= self._patience.attempts:
            raise ModelError(
                f"{self._redirects.host} failed {failures} times ({error}): run the same command again, it goes "
                "on where it stopped",
                code="pull-interrupted",
            ) from error
        Event().wait(self._patience.pause * 2 ** (failures - 1))


def _commit(text: str) -> str:
    """The same text; raises ValueError where it is no commit: it becomes the name of a folder."""
    if not re.fullmatch(r"[0-9a-f]{40}", text):
        raise ValueError(text)
    return text


def _file(row: dict[str, Any]) -> ModelFile:
    large: dict[str, Any] | None = row.get("lfs")
    if large:
        return ModelFile(row["path"], int(large["size"]), str(large["oid"]))
    return ModelFile(row["path"], int(row["size"]), blob=str(row["oid"]))


def _refusal(status: int, host: str, path: str) -> str:
    match status:
        case 401 | 403:
            return f"{host} refuses {path} ({status}): set HF_TOKEN where it wants a token, or try another --endpoint"
        case 407:
            return f"the proxy before {host} asks for a log-in (407): put name and password into HTTPS_PROXY"
        case _:
            return f"{host} has no {path} ({status}): check the model's name and --endpoint"


def _words(error: object) -> str:
    """A fault of the network in few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
