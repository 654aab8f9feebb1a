"""What a machine asks of the hub over HTTP: a session for its key, and to be let in for the first time."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from voiceassist.errors import HubError
from voiceassist.uplink.address import HubAddress

_MOST_BYTES = 64 * 1024
_SAID = 200
_BUSY = {408, 425, 429}
_UNKNOWN_ISSUER = {18, 19, 20, 21}
"""OpenSSL's numbers for a certificate that leads to nobody who is trusted; others are expired, or another host's."""

_Answer = TypeVar("_Answer", bound=BaseModel)


def trust(address: HubAddress, ca: Path | None) -> ssl.SSLContext | None:
    """Whose certificates count: those that this machine trusts, or those of the file `ca` alone; None without TLS.

    Takes some milliseconds of computing. Raises HubError (`hub-certificate`) for a file that is none.
    """
    if not address.secure:
        return None
    try:
        return ssl.create_default_context(cafile=None if ca is None else str(ca))
    except OSError as error:  # a damaged file is an SSLError, which is one
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise HubError(f"{ca} cannot be used: {reason}", code="hub-certificate") from None


class Session(BaseModel, frozen=True):
    """A session at the hub: its token, and for how many seconds it is good."""

    token: Annotated[str, Field(min_length=1, max_length=500, repr=False)]
    expires_in: Annotated[float, Field(gt=0)]
    role: str = ""
    user: str = ""
    name: str = ""


class _Key(BaseModel, frozen=True):
    key: Annotated[str, Field(min_length=1, max_length=500, repr=False)]


class _Refusal(BaseModel, frozen=True):
    code: Annotated[str, Field(pattern=r"^[a-z-]{1,40}$")] = "hub-refused"
    message: Annotated[str, Field(max_length=_SAID)]


@dataclass(frozen=True, slots=True)
class Joining:
    """Who accepts an invite: the login name, the name that others see, and a password that is told to the hub alone."""

    user: str
    name: str
    password: str = field(repr=False)


class HubClient:
    """Asks one hub, with `seconds` for an answer; no proxy of the environment is used, no redirect followed.

    All methods raise HubError: `hub-offline`, `hub-certificate`, `hub-busy`, `hub-odd`, and where the hub refuses, its
    own code, or `hub-refused`.
    """

    def __init__(self, address: HubAddress, tls: ssl.SSLContext | None = None, *, seconds: float = 5.0) -> None:
        self.address = address
        self._tls = tls
        self._seconds = seconds

    async def knock(self) -> None:
        """Make sure that somebody is there whose certificate counts; nothing is said."""
        address = self.address
        try:
            async with asyncio.timeout(self._seconds):
                _, line = await asyncio.open_connection(address.host, address.port, ssl=self._tls)
        except OSError as error:  # TimeoutError is one
            raise unreachable(address.netloc, error) from None
        line.transport.abort()

    async def session(self, token: str) -> Session:
        """A session for a machine's key, or for the token of a link."""
        return _read(Session, await self._post("/api/session", {"token": token}), self.address)

    async def accept(self, invite: str, who: Joining) -> Session:
        """A session of the account that an invite makes."""
        asked = {"token": invite, "user": who.user, "name": who.name, "password": who.password}
        return _read(Session, await self._post("/api/invites/accept", asked), self.address)

    async def machine(self, session: Session, name: str) -> str:
        """The key of a new machine of the session's user; `name` is what the list of machines calls it."""
        answer = await self._post("/api/machines", {"name": name}, session)
        return _read(_Key, answer, self.address).key

    async def _post(self, path: str, body: Mapping[str, str], session: Session | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        if session is not None:
            headers["Authorization"] = f"Bearer {session.token}"
        url, host = self.address.http + path, self.address.netloc
        try:
            async with (
                asyncio.timeout(2 * self._seconds),
                httpx.AsyncClient(verify=self._tls or False, trust_env=False, timeout=self._seconds) as client,
                client.stream("POST", url, content=json.dumps(body), headers=headers) as answer,
            ):
                text = await _body(answer)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise unreachable(host, error) from None
        if not answer.is_success:
            raise _refusal(host, answer.status_code, text)
        return text


def unreachable(host: str, error: BaseException) -> HubError:
    """Why no connection was made, in one line."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = f"{host} shows a certificate that this machine does not trust: {cause.verify_message}"
            if cause.verify_code in _UNKNOWN_ISSUER:
                said += "; if your organisation has its own authority, give its file: --ca FILE, or the setting hub.ca"
            return HubError(said, code="hub-certificate")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return HubError(f"{host} does not answer in time", code="hub-offline")
    reason = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return HubError(f"{host} cannot be reached: {reason[:_SAID]}", code="hub-offline")


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for block in answer.aiter_bytes():
        body += block
        if len(body) > _MOST_BYTES:
            break
    return bytes(body)


def _refusal(host: str, status: int, body: bytes) -> HubError:
    """What the hub says why not, as far as it can be shown; another server's page is not repeated."""
    try:
        said = _Refusal.model_validate_json(body)
    except ValidationError:
        said = _Refusal(message=f"it answers {status}")
    message = "".join(c for c in said.message if c.isprintable())
    if status in _BUSY or status >= 500:  # noqa: PLR2004 - HTTP's own bound
        return HubError(f"{host}: {message}", code="hub-busy")
    return HubError(f"{host} refuses: {message}", code=said.code)


def _read(kind: type[_Answer], body: bytes, address: HubAddress) -> _Answer:
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        raise HubError(f"{address.netloc} does not answer as a hub does", code="hub-odd") from None
