"""One event of a call with whose it is, as it travels between the processes of the hub."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from voiceassist.errors import ServerError
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire

_LONGEST = 200
_LATEST = 7 * 24 * 3600.0
_HIGHEST = 2**53


class Published(BaseModel, frozen=True):
    """An event, and the agent whose machine published it."""

    member: Member
    message: Annotated[wire.CallEvent, Field(discriminator="type")]


def stamped(message: wire.CallEvent, member: Member, now: datetime) -> wire.CallEvent:
    """The event as the hub passes it on: what only the hub may say is said by it.

    Raises `ServerError` (`bad-event`) for one that no agent's machine may publish.
    """
    if message.call is None or not 0 < len(message.call) <= _LONGEST:
        raise _bad("it belongs to no call")
    if message.seq is None or not 0 < message.seq < _HIGHEST:
        raise _bad("it has no number")
    if not 0 <= message.at <= _LATEST:
        raise _bad("its time is out of range")
    match message:
        case wire.Transcript(final=False):
            raise _bad("words that are still being said stay on the agent's machine")
        case wire.Whisper() | wire.Watched() | wire.HubLink():
            raise _bad("that is told to agents")
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


def _bad(why: str) -> ServerError:
    return ServerError(f"the event is not taken: {why}", code="bad-event")
