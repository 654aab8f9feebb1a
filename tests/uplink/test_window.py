"""What an acknowledgement or a refusal means for what is under way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voiceassist.uplink.file import Entry
from voiceassist.uplink.window import SIZE, Window


def entry(position: int, call: str = "a", seq: int | None = None) -> Entry:
    return Entry(call, position if seq is None else seq, "text", 0.0, position)


def under_way(*entries: Entry) -> Window:
    window = Window()
    window.begin()
    for one in entries:
        window.sent(one)
    return window


def test_an_acknowledgement_makes_room_in_its_call_alone() -> None:
    window = under_way(entry(1), entry(2, "b", 1), entry(3, "a", 2), entry(4, "b", 2))
    assert window.acked("a", 1) == 1
    assert window.room == SIZE - 3
    assert window.acked("a", 2) == 2
    assert window.oldest == entry(2, "b", 1)
    assert window.position == 4


def test_what_was_not_sent_cannot_be_acknowledged() -> None:
    window = under_way(entry(1), entry(2))
    assert window.acked("b", 1) is None
    assert window.acked("a", 99) == 2
    assert window.acked("a", 99) is None


def test_what_an_earlier_connection_sent_may_be_acknowledged_later() -> None:
    window = under_way(*map(entry, range(1, 11)))
    window.begin()
    window.sent(entry(1))
    assert window.acked("a", 10) == 10


def test_a_refusal_by_name_takes_one_out() -> None:
    window = under_way(*map(entry, range(1, 4)))
    assert window.refused("a", 2) == entry(2)
    assert window.refused("a", 2) is None
    assert window.room == SIZE - 2


def test_a_refusal_without_a_name_is_looked_for_one_by_one() -> None:
    window = under_way(*map(entry, range(1, 4)))
    assert window.refused(None, None) is None
    window.begin()
    for number in range(1, 4):
        assert window.room == 1
        window.sent(entry(number))
        assert window.room == 0
        if number == 2:
            assert window.refused(None, None) == entry(2)
        else:
            window.acked("a", number)
    assert window.room == SIZE


def test_a_refusal_of_nothing_changes_nothing() -> None:
    window = under_way()
    assert window.refused(None, None) is None
    assert window.room == SIZE


ACTS = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 50)),
    st.tuples(st.just("ack"), st.integers(0, 300)),
    st.tuples(st.just("refuse"), st.integers(1, 300)),
    st.tuples(st.just("lose"), st.just(0)),
    st.tuples(st.just("begin"), st.just(0)),
)


@given(st.lists(ACTS, max_size=60))
def test_nothing_is_deleted_that_was_not_sent_and_answered(acts: list[tuple[str, int]]) -> None:
    """Plays an outbox of three hundred messages of one call, and a hub that answers anything."""
    window, kept, ever, sent = Window(), set(range(1, 301)), 0, set[int]()
    window.begin()
    for act, number in acts:
        match act:
            case "send":
                rows = sorted(n for n in kept if n > window.position)[: min(number, max(window.room, 0))]
                for row in rows:
                    window.sent(entry(row))
                    sent.add(row)
                ever = max([ever, *rows])
            case "ack":
                done = window.acked("a", number)
                if done is not None:
                    assert done <= min(number, ever)
                    kept -= set(range(1, done + 1))
            case "refuse":
                refused = window.refused("a", number)
                if refused is not None:
                    assert refused.seq == number
                    kept.discard(number)
            case "lose":
                lost = window.refused(None, None)
                if lost is not None:
                    kept.discard(lost.seq)
            case _:
                window.begin()
        assert set(range(1, 301)) - kept <= sent
        assert window.room <= SIZE
