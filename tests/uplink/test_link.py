"""What is said, in the terminal, of how the line stands: each trouble once."""

from __future__ import annotations

from datetime import UTC, datetime

from voiceassist.uplink.link import Link, LinkState, Trouble

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_that_the_hub_does_not_take_everything_is_said_once() -> None:
    said: list[str] = []
    trouble = Trouble("hub.example", said.append)
    for refused in (0, 1, 2, 7):
        trouble.hear(Link(LinkState.CONNECTED, NOW, refused=refused))
    assert said == ["hub.example does not take everything: what it refused stays on this computer alone"]
