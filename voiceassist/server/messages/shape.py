"""What all wire messages share: their envelopes, and the names of what stands in them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Seconds: TypeAlias = float
Role: TypeAlias = Literal["agent", "supervisor", "admin", "worker"]
SnoozeFor: TypeAlias = Annotated[float, Field(ge=0, le=86_400)] | Literal["call", "today"]


class Shape(BaseModel, frozen=True, allow_inf_nan=False):
    """What all messages and their parts share: they do not change once made, and hold no number that JSON cannot say.

    A listener passes over fields it does not know, so that a newer server may say more.
    """


class Outgoing(Shape, frozen=True):
    """The envelope of what the server says.

    `call`: the call's id, null where no call is meant. `at`: seconds since the call began. `seq` counts per call and is
    set by the call's owner; null where a message is no event of a call. `cursor`: opaque; a client that comes back with
    the last one it saw misses nothing.
    """

    type: str
    call: str | None = None
    at: Seconds = 0.0
    v: Literal[1] = 1
    seq: int | None = None
    cursor: str | None = None


class Incoming(Shape, frozen=True, extra="forbid"):
    """The envelope of what a client says. `call`: the call that is meant; null for the one that is on."""

    type: str
    call: Id | None = None
    v: Literal[1] = 1
