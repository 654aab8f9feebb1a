"""What the driver asks of a source of sound, and the cutting of sound into frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, TypeAlias

from voiceassist.core.types import AudioFrame, Channel, Gap, SourceChanged

Heard: TypeAlias = AudioFrame | Gap | SourceChanged
"""What a source delivers."""


class AudioSource(Protocol):
    """Sound as it comes: iterate to get frames of every channel, in step, each channel in order and without holes.

    Of what begins together the customer's comes first: the echo guard must know it when it hears the agent's.
    """

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that it delivers."""
        ...

    def __aiter__(self) -> AsyncIterator[Heard]: ...

    async def aclose(self) -> None:
        """Give back the file or device. Safe to call twice."""
        ...
