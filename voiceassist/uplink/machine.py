"""A computer at a hub: its key there, kept on its disk, and the sessions that the key opens."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, Field, ValidationError

from voiceassist.errors import HubError
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.client import HubClient, Joining, Session

_NAME = "machine.json"
_MOST_BYTES = 1 << 16
_EARLY = 30.0
"""Seconds before its end at which a session is not used any more."""


class Machine(BaseModel, frozen=True):
    """The computer as one user's at a hub. The `key` opens sessions until it is revoked there.

    `ca`: the file that vouched for the hub when it was joined; empty where the computer trusted it without one.
    """

    hub: str
    user: str = ""
    key: str = Field(min_length=1, repr=False)
    ca: str = ""

    @property
    def outbox(self) -> str:
        """The name of this user's outbox: what one said is never published as another's."""
        return "outbox-" + re.sub(r"[^a-z0-9._@-]", "_", self.user.lower())[:64]


class Machines:
    """The keys of this computer, in a `folder` for each hub: files that only their owner may read.

    On Windows that is so because they lie in the user's data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, address: HubAddress) -> Path:
        """Where everything lies that belongs to this hub: the key, and the outbox."""
        return self._folder / address.folder

    def find(self, address: HubAddress) -> Machine | None:
        """The key for this hub, None where there is none. Raises HubError (`hub-key`) for a file that is damaged."""
        path = self.folder(address) / _NAME
        try:
            with path.open("rb") as file:
                return Machine.model_validate_json(file.read(_MOST_BYTES))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValidationError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is damaged"
            raise HubError(f"{path} cannot be read: {reason}; join the hub again", code="hub-key") from None

    def keep(self, address: HubAddress, machine: Machine) -> None:
        """Keep the key in the place of an earlier one. Raises HubError (`hub-key`)."""
        path = self.folder(address) / _NAME
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A temporary file is its owner's alone from the beginning.
            with NamedTemporaryFile(dir=path.parent, prefix=f".{_NAME}-", delete=False) as file:
                file.write(machine.model_dump_json(indent=1).encode())
            try:
                os.replace(file.name, path)  # noqa: PTH105 - the file's name is a text
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        except OSError as error:
            said = f"the key cannot be kept in {path}: {error.strerror or error}"
            raise HubError(said, code="hub-key") from None

    def forget(self, address: HubAddress) -> None:
        """Remove the key, if there is one. Raises HubError (`hub-key`)."""
        path = self.folder(address) / _NAME
        try:
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
        except OSError as error:
            raise HubError(f"{path} cannot be removed: {error.strerror or error}", code="hub-key") from None


@dataclass(frozen=True, slots=True)
class JoinLink:
    """A link that lets a machine in, once: an invite for somebody new, or for a computer of somebody known."""

    address: HubAddress
    token: str = field(repr=False)
    invites: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """The link `https://HOST/#i=TOKEN` or `#m=TOKEN`. Raises HubError: `hub-link`, `hub-address`."""
        try:
            fragment = parse_qs(urlsplit(text.strip()).fragment, strict_parsing=True)
        except ValueError:
            fragment = {}
        match fragment:
            case {"i": [token]}:
                return cls(HubAddress.parse(text), token, invites=True)
            case {"m": [token]}:
                return cls(HubAddress.parse(text), token, invites=False)
            case _:
                said = "that is no link to a hub: copy all of it, from https:// to its last letter"
                raise HubError(said, code="hub-link")


async def join(link: JoinLink, client: HubClient, computer: str, who: Joining | None = None) -> Machine:
    """Use the link up for this machine, which the hub's lists call `computer`; `who` accepts, where it is an invite.

    Raises HubError as the client does; `hub-link` where an invite is accepted by nobody.
    """
    if not link.invites:
        session = await client.session(link.token)
    elif who is not None:
        session = await client.accept(link.token, who)
    else:
        raise HubError("this link invites somebody new: a login name and a password are wanted", code="hub-link")
    user = session.user or (who.user if who is not None else "")
    return Machine(hub=link.address.websocket, user=user, key=await client.machine(session, computer))


class MachineSessions:
    """The session that a machine's key opens; a new one where the old is over. `clock` counts seconds."""

    def __init__(self, client: HubClient, machine: Machine, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._machine = machine
        self._clock = clock
        self._session: Session | None = None
        self._until = 0.0

    async def token(self) -> str:
        """The token of a session that is good for a while. Raises HubError as the client does."""
        if self._session is None or self._clock() >= self._until:
            asked_at = self._clock()
            self._session = await self._client.session(self._machine.key)
            self._until = asked_at + max(self._session.expires_in - _EARLY, self._session.expires_in / 2)
        return self._session.token

    def forget(self) -> None:
        """The hub did not take the token: open another session next."""
        self._session = None
