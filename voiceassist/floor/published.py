"""One event of a call with whose it is, as it travels between the processes of the hub."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from voiceassist.errors import ServerError
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire

_LONGEST = 200
_LATEST = 7 * 24 * 3600.0
HIGHEST = 2**53
"""Numbers of events are below it: a page counts no further."""


class Published(BaseModel, frozen=True):
    """An event of a call, with its number, and the agent whose machine published it."""

    member: Member
    message: Annotated[wire.CallEvent, Field(discriminator="type")]

    @model_validator(mode="after")
    def _has_its_place(self) -> Published:
        if (why := _misplaced(self.message)) is not None:
            raise ValueError(why)
        return self


def stamped(message: wire.CallEvent, member: Member, now: datetime) -> wire.CallEvent:
    """The event as the hub passes it on: what only the hub may say is said by it.

    Raises `ServerError` (`bad-event`) for one that no agent's machine may publish.
    """
    if (why := _misplaced(message)) is not None:
        raise _bad(why)
    match message:
        case wire.Transcript(final=False):
            raise _bad("words that are still being said stay on the agent's machine")
        case wire.Whisper() | wire.Watched() | wire.HubLink():
            raise _bad("that is told to agents")
        case wire.Alert() if not re.fullmatch(rf"{re.escape(message.call or '')}-a[0-9]{{1,9}}", message.id):
            # What becomes of an alert is said by its id alone: it must not be that of another call's.
            raise _bad("its id is not one of its call")
        case wire.Alert():
            return message.model_copy(
                update={
                    "agent": member.user,
                    "team": member.team,
                    "raised_at": now,
                    "cursor": None,
                    "state": "open",
                    "by": "",
                    "to": "",
                    "until": None,
                }
            )
        case _:
            return message if message.cursor is None else message.model_copy(update={"cursor": None})


def _misplaced(message: wire.CallEvent) -> str | None:
    """Why the event has no place in a call, None where it has one."""
    if message.call is None or not 0 < len(message.call) <= _LONGEST:
        return "it belongs to no call"
    if message.seq is None or not 0 < message.seq < HIGHEST:
        return "it has no number"
    if not 0 <= message.at <= _LATEST:
        return "its time is out of range"
    return None


def _bad(why: str) -> ServerError:
    return ServerError(f"the event is not taken: {why}", code="bad-event")
