"""The calls that are remembered: what is known is not news, and no machine can have more and more remembered."""

from __future__ import annotations

import pytest
from floor.told import ADA, BEN, NOON, ended, moment, started

from voiceassist.errors import ServerError
from voiceassist.floor.calls import ENDED, Calls


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


def test_calls_that_are_over_are_forgotten_in_their_order() -> None:
    calls = Calls()
    for number in range(ENDED + 5):
        calls.receive(ADA, started(f"c{number}"), NOON)
        calls.receive(ADA, ended(2, call=f"c{number}"), NOON)
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
    assert len(kept) <= ENDED + 2
    assert remembered(calls, "b")
