"""The calls that are remembered: what is known is not news, and no machine can have more and more remembered."""

from __future__ import annotations

import pytest
from floor.told import ADA, BEN, NOON, alert, cleared, ended, moment, nudge, said, started, thumb

from voiceassist.core.types import MarkKind, NudgeKind
from voiceassist.errors import ServerError
from voiceassist.floor.calls import ENDED, OWN, Calls
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire
from voiceassist.server.callstate import NEWEST


def remembered(calls: Calls, call: str) -> bool:
    try:
        calls.member(call)
    except ServerError:
        return False
    return True


def test_what_is_not_above_the_last_number_is_known() -> None:
    calls = Calls()
    assert [calls.receive(ADA, message, NOON) for message in (started(), moment(3), moment(3), moment(2))] == [
        *(True, True, False, False)
    ]
    assert calls.member("c") == ADA


def test_it_is_known_which_calls_are_over() -> None:
    calls = Calls()
    for message in (started(), started("d"), ended(2)):
        calls.receive(ADA, message, NOON)
    assert [calls.over(call) for call in ("c", "d", "nothing")] == [True, False, False]


def test_an_agents_newest_call_that_has_not_ended_is_on() -> None:
    calls = Calls()
    for message in (started(), started("d"), started("e"), ended(2, call="e")):
        calls.receive(ADA, message, NOON)
    assert (calls.on("ada"), calls.on("ben")) == ("d", None)


def test_a_thumb_is_news_of_a_call_that_is_remembered_and_begins_none() -> None:
    calls = Calls()
    for message in (started(), ended(2)):
        calls.receive(ADA, message, NOON)
    assert calls.receive(ADA, thumb(3), NOON)
    assert not calls.receive(ADA, thumb(3, call="long ago"), NOON)
    assert not remembered(calls, "long ago")


def test_calls_that_are_over_are_forgotten_in_their_order() -> None:
    calls = Calls()
    for number in range(ENDED + 5):
        agent = Member(f"agent{number}", "", "Refunds")
        calls.receive(agent, started(f"c{number}"), NOON)
        calls.receive(agent, ended(2, call=f"c{number}"), NOON)
    assert [remembered(calls, f"c{number}") for number in range(6)] == [*[False] * 4, True, True]
    with pytest.raises(ServerError):
        calls.snapshot("c0")


def test_calls_that_never_end_are_forgotten_too_save_the_one_that_is_on() -> None:
    calls = Calls()
    calls.receive(BEN, started("b"), NOON)
    for number in range(3 * ENDED):
        calls.receive(ADA, started(f"c{number}"), NOON)
    kept = [number for number in range(3 * ENDED) if remembered(calls, f"c{number}")]
    assert kept[-1] == 3 * ENDED - 1
    assert len(kept) <= OWN + 2
    assert remembered(calls, "b")


def test_one_agent_pushes_out_no_others_calls() -> None:
    calls = Calls()
    for message in (started("b"), ended(2, call="b")):
        calls.receive(BEN, message, NOON)
    for number in range(3 * ENDED):
        for message in (started(f"c{number}"), ended(2, call=f"c{number}")):
            calls.receive(ADA, message, NOON)
    assert remembered(calls, "b")
    assert sum(remembered(calls, f"c{number}") for number in range(3 * ENDED)) == OWN + 1


def test_of_a_call_without_end_the_newest_is_shown() -> None:
    calls = Calls()
    seqs = iter(range(1, 20 * NEWEST))
    calls.receive(ADA, started(seq=next(seqs)), NOON)
    for number in range(NEWEST + 50):
        for message in (
            moment(next(seqs), id_=f"c-m{number}"),
            nudge(next(seqs), id_=f"c-n{number}"),
            cleared(next(seqs), id_=f"c-n{number}"),
            alert(next(seqs), id_=f"c-a{number}"),
            said(next(seqs)),
            wire.Praise(call="c", seq=next(seqs), moment="c-m1", text="Well said"),
            wire.Mark(call="c", seq=next(seqs), kind=MarkKind.PARROTED, quote="q"),
            wire.KindMuted(call="c", seq=next(seqs), kind=NudgeKind.ACKNOWLEDGE, up=0, down=9),
        ):
            assert calls.receive(ADA, message, NOON)
    shown = calls.snapshot("c")
    assert [moment.id for moment in shown.moments] == [f"c-m{number}" for number in range(50, NEWEST + 50)]
    lengths = {len(shown.alerts), len(shown.history), len(shown.praises), len(shown.marks), len(shown.muted)}
    assert lengths == {NEWEST}


def words(calls: Calls, call: str = "c") -> list[str]:
    return [said.text for said in calls.snapshot(call).transcripts]


def test_what_was_said_is_forgotten_with_the_end_of_the_call() -> None:
    calls = Calls()
    for message in (started(), said(2, "sold out"), moment(3)):
        calls.receive(ADA, message, NOON)
    assert words(calls) == ["sold out"]
    calls.receive(ADA, ended(4), NOON)
    assert words(calls) == []
    calls.receive(ADA, said(5, "and this"), NOON)
    assert words(calls) == []
    assert len(calls.snapshot("c").moments) == 1


def test_what_was_said_is_forgotten_where_no_end_is_told() -> None:
    calls = Calls()
    for member, call in ((ADA, "c"), (BEN, "b")):
        for message in (started(call), said(2, "sold out", call=call)):
            calls.receive(member, message, NOON)
    calls.receive(ADA, started("c2"), NOON)
    assert (words(calls), words(calls, "b")) == ([], ["sold out"])
    calls.forget_words(lambda user: user == BEN.user)
    assert words(calls, "b") == []
