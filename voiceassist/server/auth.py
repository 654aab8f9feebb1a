"""Who may come in: one-time tokens that open a session, and sessions. Nothing here is ever logged."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from voiceassist.server.messages import Role

BITS = 256
ONE_TIME_SECONDS = 3_600.0
SESSION_SECONDS = 12 * 3_600.0
"""A working day and some: a page stays in until its shift is over."""


@dataclass(frozen=True, slots=True)
class Session:
    """One who was let in: as what, and until when (seconds of the `Auth`'s clock)."""

    role: Role
    expires_at: float


class Auth:
    """Issues tokens and checks them. Only digests are kept, so what is in memory opens nothing.

    `clock` counts seconds and never goes back.
    """

    def __init__(
        self,
        *,
        one_time_seconds: float = ONE_TIME_SECONDS,
        session_seconds: float = SESSION_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._one_time_seconds = one_time_seconds
        self._session_seconds = session_seconds
        self._clock = clock
        self._one_time: dict[bytes, Session] = {}
        self._sessions: dict[bytes, Session] = {}

    def issue(self, role: Role = "agent") -> str:
        """A new one-time token, for the fragment of the page's address."""
        return self._remember(self._one_time, role, self._one_time_seconds)

    def open(self, role: Role = "agent", seconds: float | None = None) -> str:
        """A new session's token for a program, for its `hello` or `Authorization: Bearer`; `seconds` it is good for."""
        return self._remember(self._sessions, role, self._session_seconds if seconds is None else seconds)

    def redeem(self, token: str) -> str | None:
        """A session's token for a one-time token, which is used up; None where that is unknown, used or too old."""
        once = self._find(self._one_time, token)
        if once is None:
            return None
        del self._one_time[_digest(token)]
        return self.open(once.role)

    def check(self, token: str | None) -> Session | None:
        """The session of its token, None where it is unknown or over."""
        return None if token is None else self._find(self._sessions, token)

    def remaining(self, session: Session) -> float:
        """The seconds that are left of a session."""
        return session.expires_at - self._clock()

    def close(self, token: str) -> None:
        """End a session at once."""
        self._sessions.pop(_digest(token), None)

    def _remember(self, kept: dict[bytes, Session], role: Role, seconds: float) -> str:
        self._forget_expired()
        token = secrets.token_urlsafe(BITS // 8)
        kept[_digest(token)] = Session(role, self._clock() + seconds)
        return token

    def _find(self, kept: dict[bytes, Session], token: str) -> Session | None:
        # Every digest is compared, each in constant time: how long it takes tells nothing about any of them.
        wanted, now, found = _digest(token), self._clock(), None
        for digest, session in kept.items():
            if hmac.compare_digest(digest, wanted) and session.expires_at > now:
                found = session
        return found

    def _forget_expired(self) -> None:
        now = self._clock()
        for kept in (self._one_time, self._sessions):
            for digest in [digest for digest, session in kept.items() if session.expires_at <= now]:
                del kept[digest]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
