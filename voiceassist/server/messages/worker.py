"""What the hub and its workers say to each other about the lines of agents whose sound comes in at the hub.

The sound itself goes beside it, from the hub to the worker, in binary messages: `HEAD`, then a block as it came.
"""

from __future__ import annotations

import struct
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from voiceassist.core import types as core
from voiceassist.server.messages.call import CallEvent, Error, Watched, Whisper
from voiceassist.server.messages.client import Command
from voiceassist.server.messages.joining import Hello
from voiceassist.server.messages.shape import Incoming, Outgoing

HEAD = struct.Struct("!IQ")
"""The head of a block of sound: its line, and the samples of each channel that the line's page sent before it."""

LineNumber: TypeAlias = Annotated[int, Field(ge=0, lt=2**32)]


class LinePage(Outgoing, frozen=True):
    """A page of an agent is at the line, which begins with its first one; it is to be told how the line stands.

    `page` counts the line's pages. Their sound comes at `rate` in these `channels`, from a device of that name.
    `paused`: the agent is not to be heard now. `after`: the cursor of the last message that the page saw. `hello`: what
    the hub says of itself.
    """

    type: Literal["line_page"] = "line_page"
    line: LineNumber
    page: int
    rate: int
    channels: tuple[core.Channel, ...]
    device: str = ""
    paused: bool = False
    after: str | None = None
    hello: Hello


class LineCommand(Outgoing, frozen=True):
    """Something was pressed on the page."""

    type: Literal["line_command"] = "line_command"
    line: LineNumber
    command: Annotated[Command, Field(discriminator="type")]


class LineTell(Outgoing, frozen=True):
    """Something is said to the agent."""

    type: Literal["line_tell"] = "line_tell"
    line: LineNumber
    message: Annotated[Whisper | Watched, Field(discriminator="type")]


class LineClose(Outgoing, frozen=True):
    """Nobody is at the line any more: its call ends."""

    type: Literal["line_close"] = "line_close"
    line: LineNumber


class WorkerReady(Incoming, frozen=True):
    """The worker lives; it recognises so many lines at once."""

    type: Literal["worker_ready"] = "worker_ready"
    lines: Annotated[int, Field(ge=0, le=10_000)]


class LineSaid(Incoming, frozen=True):
    """A message, as text, for this page of the line."""

    type: Literal["line_said"] = "line_said"
    line: LineNumber
    page: int
    text: Annotated[str, Field(max_length=60_000)]


class LinePublish(Incoming, frozen=True):
    """An event of the line's call, numbered like those of an agent's machine."""

    type: Literal["line_publish"] = "line_publish"
    line: LineNumber
    message: Annotated[CallEvent, Field(discriminator="type")]


class LineClosed(Incoming, frozen=True):
    """The line is over, and nothing more comes of it; `error` tells why, where that was not asked for."""

    type: Literal["line_closed"] = "line_closed"
    line: LineNumber
    error: Error | None = None


ToWorker: TypeAlias = Annotated[
    Error | Hello | LinePage | LineCommand | LineTell | LineClose, Field(discriminator="type")
]
FromWorker: TypeAlias = Annotated[WorkerReady | LineSaid | LinePublish | LineClosed, Field(discriminator="type")]
