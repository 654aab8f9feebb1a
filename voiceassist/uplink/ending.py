"""How a connection to the hub ends, and when another is to be tried."""

from __future__ import annotations

from enum import Enum

from voiceassist.errors import HubError

NEVER = frozenset({"bad-event", "bad-json", "bad-message", "forbidden", "not-served", "too-big", "unknown-type"})
"""What the hub says of a message that it will not take, however often it comes."""
UNREAD = frozenset({1003, 1007, 1009})
"""The codes of a close over a message: not text, not what it should be, too big."""
VIOLATION = 1008
"""The code of a close over who this machine is, or how it behaves."""

_REFUSALS = {401, 403, 404, 421}
_HOPELESS = {
    *("disabled", "forbidden", "hub-certificate", "hub-refused", "no-team", "not-yours", "token-unknown", "token-used"),
    *("unauthorized", "unknown-user", "user-disabled", "violation"),
}
"""Refusals that ask for somebody who mends them; after any other the next try may do."""


class Again(Enum):
    """When to try again. Rarely: until somebody has mended what is wrong."""

    NOW = "now"
    SOON = "soon"
    RARELY = "rarely"


class BrokenError(Exception):
    """A connection is over, or none was made: why, in one line and with a stable code, and when to try again."""

    def __init__(self, code: str, reason: str, again: Again = Again.SOON) -> None:
        super().__init__(" ".join(reason.split()))
        self.code = code
        self.again = again


def again_after(code: str) -> Again:
    """When to try again where the hub, or the way to it, refused with this code."""
    if code == "session over":
        return Again.NOW
    return Again.RARELY if code in _HOPELESS else Again.SOON


def refused_with(host: str, status: int) -> HubError:
    """The error of a WebSocket that was not opened: the hub, or what stands before it, answered with an HTTP status."""
    return HubError(f"{host} answers {status}", code="hub-refused" if status in _REFUSALS else "hub-busy")
