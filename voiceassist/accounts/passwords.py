"""Passwords: which ones are refused, how they are kept, and how one is checked."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from voiceassist.errors import AccountError

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
AT_ONCE = 2
"""How many are computed at a time: each takes 64 MiB, and a shift that logs in together must not take them all."""
_DISTINCT = 5
_HOPELESS = (
    *("voiceassist", "password", "passwort", "passw0rd", "p@ssw0rd", "administrator", "admin", "supervisor", "agent"),
    *("qwertyuiop", "qwertzuiop", "qwerty", "qwertz", "asdfghjkl", "abcdefghijklmnopqrstuvwxyz", "abcdef", "abc"),
    *("1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx", "letmein", "welcome", "changeme", "iloveyou", "trustno1", "secret"),
    *("callcenter", "callcentre", "monkey", "dragon", "login", "test"),
    *("01234567890", "1234567890", "123456789", "12345678", "0987654321", "987654321", "123456", "1234"),
)


class Passwords:
    """Keeps and checks passwords by argon2id. `hasher` holds its cost; any thread may use it."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def hash(self, password: str, user: str) -> str:
        """What is kept of a user's new password. Raises AccountError (`weak-password`), which does not repeat it."""
        check_strength(password, user)
        return self.keep(password)

    def keep(self, password: str) -> str:
        """What is kept of a password that was accepted before."""
        with self._turns:
            return self._hasher.hash(_bytes(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether this is the password that was kept; where none was, finding out takes just as long."""
        too_long = len(password) > LONGEST
        held = self._nobody if kept is None or too_long else kept
        with self._turns:
            try:
                right = self._hasher.verify(held, _bytes(password[:LONGEST]))
            except (VerificationError, InvalidHashError):
                return False
        return right and held is kept

    def is_outdated(self, kept: str) -> bool:
        """Whether it was kept at another cost than today's."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_bytes(32))


def check_strength(password: str, user: str) -> None:
    """Raises AccountError (`weak-password`) for one that is too short, too long or guessed at once."""
    if len(password) < SHORTEST:
        raise _weak(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise _weak(f"a password has at most {LONGEST} characters")
    rest = unicodedata.normalize("NFKC", password).casefold()
    for known in (user, *sorted(_HOPELESS, key=len, reverse=True)):
        rest = rest.replace(known, "")
    if len(set(rest)) < _DISTINCT:
        raise _weak("that password is guessed at once: take several words that do not belong together")


def _bytes(password: str) -> bytes:
    """The same for each way to type it; half a character, which only programs send, is a character too."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def _weak(said: str) -> AccountError:
    return AccountError(said, code="weak-password")
