"""Who reads along, on whichever process, and that nobody is named for longer than that."""

from floor.test_presence import Clock

from voiceassist.floor.presence import BEAT, SILENT
from voiceassist.floor.watching import Watching
from voiceassist.server import messages as wire


def watched(*names: str, call: str = "c") -> wire.Watched:
    return wire.Watched(call=call, by=names)


def test_who_reads_is_put_together_and_told_when_it_changes():
    watching = Watching("p", Clock())
    assert watching.receive("p", watched("Sam")) == watched("Sam")
    assert watching.receive("q", watched("Kim")) == watched("Kim", "Sam")
    assert watching.receive("q", watched("Kim")) is None
    assert watching.receive("r", watched("Sam")) is None
    assert watching.receive("q", watched("Lea", call="d")) == watched("Lea", call="d")
    assert watching.receive("p", watched()) is None  # somebody of that name reads elsewhere
    assert watching.of("c") == watched("Kim", "Sam")
    assert watching.receive("q", watched()) == watched("Sam")
    assert watching.receive("r", watched()) == watched()
    assert watching.of("c") == watched()


def test_a_process_that_fell_silent_names_nobody_any_more_and_this_one_still_does():
    clock = Clock()
    watching = Watching("p", clock)
    watching.receive("p", watched("Sam"))
    watching.receive("q", watched("Kim"))
    watching.receive("q", watched("Kim", call="d"))
    watching.receive("r", watched("Lea"))
    clock.now += SILENT - BEAT
    watching.receive("r", watched("Lea"))
    assert watching.silent({"c"}) == ()
    clock.now += BEAT
    assert watching.silent({"c"}) == (watched("Lea", "Sam"), watched(call="d"))
    assert watching.silent({"c"}) == ()


def test_what_is_read_here_no_more_is_over_also_where_the_bus_lost_it():
    watching = Watching("p", Clock())
    watching.receive("p", watched("Sam"))
    assert watching.silent({"d"}) == (watched(),)
    assert watching.of("c") == watched()
