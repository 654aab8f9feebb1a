"""An agent's page whose sound comes in here: what it sends goes to its line, and what its line tells comes back."""

from __future__ import annotations

import asyncio

from voiceassist.floor.allowance import MOST_BYTES, Allowance
from voiceassist.floor.member import Member
from voiceassist.floor.switchboard import Line, Switchboard
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.peer import VIOLATION, ViolationError

_GOING = 1000
"""The close code of a connection that has done what it was for."""


class SendingPage:
    """A page at its line. `after`: the cursor of the last message that it saw."""

    def __init__(self, switchboard: Switchboard, client: Client, member: Member, after: str | None) -> None:
        self._switchboard = switchboard
        self._client = client
        self._member = member
        self._after = after
        self._line: Line | None = None
        self._allowance = Allowance(0, asyncio.get_running_loop().time)

    def start(self, sound: wire.AudioStart) -> None:
        """The page says what it is about to send; again where that changes."""
        if len(set(sound.channels)) != len(sound.channels) or wire.core.Channel.AGENT not in sound.channels:
            raise ViolationError(VIOLATION, "bad-sound", "each channel once, and the agent's among them")
        rate = sound.rate * len(sound.channels) * 2
        self._allowance = Allowance(rate, asyncio.get_running_loop().time)
        self._line = self._switchboard.open(self._member, self, sound, self._after)
        self._after = None  # what comes from now on has been seen

    def hear(self, block: bytes) -> None:
        """Take a block of sound. Raises `ViolationError` for one that is none, or too much."""
        if self._line is None:
            raise ViolationError(VIOLATION, "no-sound", "sound begins with `audio_start`")
        if not block or len(block) > MOST_BYTES or len(block) % self._line.block:
            said = f"a message of sound has whole samples of all channels, and at most {MOST_BYTES} bytes"
            raise ViolationError(VIOLATION, "bad-sound", said)
        if not self._allowance.take(len(block)):
            raise ViolationError(VIOLATION, "too-fast", "sound comes faster than people speak")
        self._switchboard.hear(self._line, self, block)

    def command(self, command: wire.Command) -> None:
        """Pass on what was pressed. Raises `ServerError` where nobody could do it."""
        if self._line is not None:
            self._switchboard.command(self._line, self, command)

    def say(self, message: wire.Whisper | wire.Watched) -> None:
        """Have something said to the agent."""
        if self._line is not None:
            self._switchboard.tell(self._line, message)

    def end(self) -> None:
        """The page is gone."""
        if self._line is not None:
            self._switchboard.leave(self._line, self)

    # --- what its line says -------------------------------------------------------------------------------------------

    def tell(self, text: str) -> None:
        """Say a message to the page."""
        self._client.tell(text)

    def give_way(self) -> None:
        """Another page of the agent has taken its place."""
        self._client.close(_GOING, "taken")
