"""Who can be reached, on whichever process."""

from floor.told import ADA, BEN

from voiceassist.floor.presence import LINGER, SILENT, Presence


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_who_hangs_here_is_here_and_lingers_a_moment():
    clock = Clock()
    presence = Presence("p", clock)
    presence.arrive(ADA)
    presence.arrive(ADA)
    presence.leave(ADA)
    clock.now += 60
    assert presence.members() == {ADA}
    presence.leave(ADA)
    clock.now += LINGER / 2
    assert presence.members() == {ADA}
    clock.now += LINGER
    assert presence.members() == set()


def test_who_hangs_on_another_process_is_here_until_that_falls_silent():
    clock = Clock()
    mine, other = Presence("p", clock), Presence("q", clock)
    mine.arrive(ADA)
    other.arrive(BEN)
    mine.receive("q", other.said())
    assert mine.members() == {ADA, BEN}
    clock.now += SILENT
    assert mine.members() == {ADA}


def test_what_it_said_itself_tells_a_process_nothing():
    clock = Clock()
    presence = Presence("p", clock)
    presence.arrive(ADA)
    said = presence.said()
    presence.leave(ADA)
    presence.receive("p", said)
    clock.now += LINGER
    assert presence.members() == set()
