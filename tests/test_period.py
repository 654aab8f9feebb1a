"""What came of the calls of a period, and the review of one's own: counted from what is in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import Command, typing
from sqlalchemy import update
from store.kept import ended, keep, moment, nudge, started

from voiceassist.core.types import MomentState, NudgeKind
from voiceassist.report.own import Ease, How, OwnReview, own_review
from voiceassist.report.period import Period, period
from voiceassist.report.statistics import wilson
from voiceassist.server import messages as wire
from voiceassist.store import outcomes, tabling
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder
from voiceassist.store.search import EVERYBODY, EVERYTHING, Wanted
from voiceassist.store.tables import CallRow

NINE = datetime(2025, 11, 22, 9, tzinfo=UTC)
ALL = wire.Parts(acknowledgement=True, reason=True, alternative=True)
BOTH = wire.Parts(reason=True, alternative=True)
OFFERED = wire.Parts(alternative=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.sqlite3"


def no(
    call: str, number: int, state: MomentState, parts: wire.Parts | None, *, unsure: bool = False
) -> list[wire.Moment]:
    """A no at the tenth of its number's seconds, its parts 3 s later and its end 4 s later."""
    id_, at = f"{call}-m{number}", 10.0 * number
    said = f"No to {call} {number}"
    return [
        moment(MomentState.OPEN, at, said, id_=id_, call=call, unsure=unsure),
        moment(MomentState.OPEN, at + 3, said, id_=id_, call=call, unsure=unsure, parts=parts),
        moment(state, at + 4, said, id_=id_, call=call, unsure=unsure, parts=parts),
    ]


def fill(path: Path, calls: Iterable[list[wire.CallEvent | wire.Command]], *, at: datetime = NINE) -> None:
    """Calls into the store, a minute apart."""
    with Store.open(path) as store:
        for place, messages in enumerate(calls):
            with Recorder(store, now=lambda place=place: at + timedelta(minutes=place)) as recorder:
                for message in messages:
                    recorder.take(message)
            assert recorder.dropped == 0


def arm(name: str, count: int, mended: int, *, silent: bool) -> list[list[wire.CallEvent | wire.Command]]:
    """So many calls of two noes; in the first `mended` of them both get an alternative and a reason."""
    state = MomentState.REPAIRED, MomentState.EXPIRED
    return [
        [
            wire.CallStarted(call=f"{name}{place}", silent_arm=silent),
            *no(f"{name}{place}", 1, state[place >= mended], BOTH if place < mended else None),
            *no(f"{name}{place}", 2, state[place >= mended], BOTH if place < mended else None),
            ended(call=f"{name}{place}"),
        ]
        for place in range(count)
    ]


def over(path: Path, wanted: Wanted = EVERYTHING) -> Period:
    with Store.open(path) as store:
        return period(
            outcomes.totals(store, wanted, EVERYBODY),
            outcomes.outcomes(store, wanted, EVERYBODY),
            outcomes.thumbs(store, wanted, EVERYBODY),
        )


# --- a period ---------------------------------------------------------------------------------------------------------


def test_noes_are_counted_by_how_they_ended(path: Path) -> None:
    messages = [
        started(),
        *no("c", 1, MomentState.REPAIRED, BOTH),
        *no("c", 2, MomentState.RECOVERED, OFFERED),
        *no("c", 3, MomentState.EXPIRED, None),
        *no("c", 4, MomentState.EXPIRED, None, unsure=True),
        *no("c", 5, MomentState.WITHDRAWN, None),
        *no("c", 6, MomentState.NUDGED, None),
        ended(),
    ]
    fill(path, [messages, [started("d"), ended(call="d")]])
    found = over(path)
    assert (found.calls, found.noes, found.unsure) == (2, 3, 1)
    assert (found.repaired, found.recovered, found.expired) == (1, 1, 1)
    assert (found.unrepaired.count, found.unrepaired.of, found.unrepaired.share) == (1, 3, None)
    assert found.to_repair is None


def test_a_rate_is_told_from_twenty_on(path: Path) -> None:
    fill(path, arm("a", 10, 5, silent=False))
    found = over(path)
    assert (found.unrepaired.count, found.unrepaired.of, found.unrepaired.share) == (10, 20, 0.5)
    assert found.unrepaired.low is not None
    assert found.unrepaired.low < wilson(0.5, 20).low  # ten calls tell less than twenty noes
    assert found.to_repair is None  # of ten
    fill(path, arm("b", 5, 5, silent=False))
    assert over(path).to_repair == 3.0


def test_the_time_to_repair_ends_with_the_part_that_mended_it(path: Path) -> None:
    """Not with a part that came when it was mended already."""
    late = [
        [
            started(f"c{n}"),
            moment(MomentState.OPEN, 1.0, id_=f"c{n}-m", call=f"c{n}", parts=OFFERED),
            moment(MomentState.REPAIRED, 3.5, id_=f"c{n}-m", call=f"c{n}", parts=BOTH),
            moment(MomentState.REPAIRED, 9.0, id_=f"c{n}-m", call=f"c{n}", parts=ALL),
        ]
        for n in range(20)
    ]
    fill(path, late)
    assert over(path).to_repair == 2.5


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        (NudgeKind.OFFER_ALTERNATIVE, 7.0),
        (NudgeKind.GIVE_REASON, 5.0),
        (NudgeKind.ACKNOWLEDGE, 3.0),
        (None, 3.0),  # renewed: it was sent first for another no
    ],
)
def test_after_a_nudge_it_ends_with_what_that_asked_for(path: Path, kind: NudgeKind | None, seconds: float) -> None:
    came = [
        (MomentState.NUDGED, 3.0, wire.Parts()),
        (MomentState.NUDGED, 4.0, wire.Parts(acknowledgement=True)),
        (MomentState.NUDGED, 6.0, wire.Parts(acknowledgement=True, reason=True)),
        (MomentState.RECOVERED, 8.0, ALL),
        (MomentState.RECOVERED, 30.0, wire.Parts(acknowledgement=True, reason=True, alternative=True, buy_in=True)),
    ]
    calls: list[list[wire.CallEvent | wire.Command]] = []
    for n in range(20):
        call, id_ = f"c{n}", f"c{n}-m"
        sent = [] if kind is None else [nudge(3.0, call=call, id_=f"{call}-n1", of=id_, kind=kind)]
        told = [moment(state, at, id_=id_, call=call, parts=parts) for state, at, parts in came]
        calls.append([started(call), moment(MomentState.OPEN, 1.0, id_=id_, call=call), *sent, *told])
    fill(path, calls)
    assert over(path).to_repair == seconds


def test_thumbs_tell_which_kind_helps(path: Path) -> None:
    calls = []
    for place in range(25):
        call = f"c{place}"
        kinds = [NudgeKind.GIVE_REASON, NudgeKind.ACKNOWLEDGE][: 2 if place < 5 else 1]
        sent = [nudge(call=call, id_=f"{call}-n{n}", kind=kind) for n, kind in enumerate(kinds)]
        calls.append([started(call), *sent, *(wire.Feedback(id=one.id, helpful=place < 20) for one in sent)])
    fill(path, calls)
    acknowledge, reason = over(path).precision
    assert (acknowledge.kind, acknowledge.helpful.count, acknowledge.helpful.of) == ("acknowledge", 5, 5)
    assert acknowledge.helpful.share is None
    assert (reason.kind, reason.helpful.share) == ("give_reason", 0.8)
    assert (round(reason.helpful.low or 0, 3), round(reason.helpful.high or 0, 3)) == (0.609, 0.911)


def test_the_silent_arm_shows_what_nudges_do(path: Path) -> None:
    fill(path, [*arm("a", 60, 45, silent=False), *arm("s", 40, 16, silent=True), [started("none")]])
    effect = over(path).effect
    assert (effect.nudged.calls, effect.silent.calls) == (61, 40)
    assert (effect.nudged.mended.share, effect.silent.mended.share) == (0.75, 0.4)
    assert effect.change is not None
    assert effect.change.by == pytest.approx(0.35)
    assert 0.13 < effect.change.low < 0.16  # as of 60 and 40 calls that say the same twice
    assert 0.51 < effect.change.high < 0.54
    # 31 single noes an arm, of which a call has two that tell as much as one
    assert effect.calls_needed == 32
    assert effect.calls_needed_for_ten is not None
    assert 390 < effect.calls_needed_for_ten < 410


def test_both_arms_are_measured_by_the_same_parts(path: Path) -> None:
    """A nudged no recovers by an alternative alone, one of the silent arm cannot: its state would favour the nudge."""
    nudged = [
        [started(f"a{n}"), *no(f"a{n}", 1, MomentState.RECOVERED, OFFERED), ended(call=f"a{n}")] for n in range(20)
    ]
    silent = [
        [
            wire.CallStarted(call=f"s{n}", silent_arm=True),
            *no(f"s{n}", 1, MomentState.EXPIRED, OFFERED),
            ended(call=f"s{n}"),
        ]
        for n in range(20)
    ]
    fill(path, [*nudged, *silent])
    effect = over(path).effect
    assert (effect.nudged.mended.share, effect.silent.mended.share) == (0.0, 0.0)
    assert effect.change is not None
    assert effect.change.low < 0 < effect.change.high
    assert effect.calls_needed is None


def test_too_few_calls_are_not_compared(path: Path) -> None:
    fill(path, [*arm("a", 40, 30, silent=False), *arm("s", 19, 3, silent=True)])
    effect = over(path).effect
    assert (effect.silent.mended.of, effect.silent.calls_with_noes) == (38, 19)
    assert (effect.change, effect.calls_needed, effect.calls_needed_for_ten) == (None, None, None)


def test_a_period_is_only_of_its_calls(path: Path) -> None:
    fill(path, arm("a", 4, 2, silent=False))
    fill(path, arm("b", 4, 0, silent=True), at=NINE + timedelta(days=1))
    found = over(path, Wanted(since=NINE + timedelta(days=1)))
    assert (found.calls, found.noes, found.repaired, found.effect.silent.calls) == (4, 8, 0, 4)


# --- one's own --------------------------------------------------------------------------------------------------------


def own(path: Path, since: datetime) -> OwnReview:
    now, past = Wanted(since=since), Wanted(until=since)
    with Store.open(path) as store:
        noes, before = (tabling.noes(store, wanted, EVERYBODY) for wanted in (now, past))
        return own_review(len(store.calls()), noes, before, before=NINE, since=since, until=since + timedelta(days=1))


def said(name: str, count: int, parts: Callable[[int], wire.Parts]) -> list[list[wire.CallEvent | wire.Command]]:
    """So many calls with one no each, that ended well where it has a way on."""
    calls: list[list[wire.CallEvent | wire.Command]] = []
    for place in range(count):
        has, call = parts(place), f"{name}{place}"
        state = MomentState.REPAIRED if has.alternative and has.reason else MomentState.EXPIRED
        calls.append([started(call), *no(call, 1, state, has), ended(call=call)])
    return calls


def test_what_comes_easily_and_what_is_forgotten(path: Path) -> None:
    fill(path, said("a", 40, lambda n: wire.Parts(reason=n % 2 == 0, alternative=n < 38, acknowledgement=n < 5)))
    found = {part.part: part for part in own(path, NINE).parts}
    assert {name: part.ease for name, part in found.items()} == {
        "acknowledgement": Ease.FORGOTTEN,
        "reason": Ease.BETWEEN,
        "alternative": Ease.EASY,
        "buy_in": Ease.FORGOTTEN,
    }
    assert found["alternative"].change is None
    assert (found["alternative"].before.of, found["alternative"].before.share) == (0, None)


def test_the_trend_is_against_ones_own_past(path: Path) -> None:
    fill(path, said("a", 30, lambda n: wire.Parts(reason=n < 6, alternative=n < 20)))
    fill(path, said("b", 30, lambda n: wire.Parts(reason=n < 24, alternative=n < 21)), at=NINE + timedelta(days=1))
    changes = {part.part: part.change for part in own(path, NINE + timedelta(days=1)).parts}
    reason, alternative = changes["reason"], changes["alternative"]
    assert reason is not None
    assert alternative is not None
    assert reason.by == pytest.approx(0.6)
    assert reason.low > 0
    assert alternative.low < 0 < alternative.high


def test_noes_that_went_well_are_quoted(path: Path) -> None:
    messages = [
        started(),
        *no("c", 1, MomentState.RECOVERED, OFFERED),
        *no("c", 2, MomentState.REPAIRED, BOTH),
        *no("c", 3, MomentState.REPAIRED, ALL),
        *no("c", 4, MomentState.EXPIRED, OFFERED),
        *no("c", 5, MomentState.REPAIRED, ALL, unsure=True),
        ended(),
    ]
    fill(path, [messages])
    found = own(path, NINE)
    assert [(one.quote, one.how) for one in found.went_well] == [
        ("No to c 3", How.WELL_SAID),
        ("No to c 2", How.MENDED),
        ("No to c 1", How.TURNED),
    ]
    assert found.noes == 4


def test_a_review_of_ones_own_names_nobody_and_grades_nothing(path: Path) -> None:
    fill(path, said("a", 3, lambda _: ALL))
    keys = set(json.loads(own(path, NINE).model_dump_json()))
    assert not {"agent", "score", "grade", "rank", "points"} & keys


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(path))
    monkeypatch.setenv("COLUMNS", "120")

    return typing(monkeypatch, capfd)


def test_the_report_of_many_calls(path: Path, command: Command, tmp_path: Path) -> None:
    fill(path, [*arm("a", 60, 45, silent=False), *arm("s", 40, 16, silent=True)])
    code, shown, beside = command("report")
    assert (code, beside) == (0, "")
    assert "100 calls, 200 noes" in shown
    assert "difference: +35 points" in shown
    assert "none got a thumb" in shown
    code, printed, beside = command("report", "--json", "-")
    assert (code, beside) == (0, "")
    assert Period.model_validate_json(printed) == over(path)
    command("report", "--json", str(tmp_path / "p.json"), "--since", "2030-01-01")
    assert Period.model_validate_json((tmp_path / "p.json").read_text()).calls == 0
    with Store.open(path) as store, store.writing() as session:
        session.execute(update(CallRow).where(CallRow.id == "a1").values(team="north"))
    assert json.loads(command("report", "--json", "-", "--team", "north")[1])["calls"] == 1


def test_a_report_of_few_calls_says_so(path: Path, command: Command) -> None:
    fill(path, arm("a", 3, 1, silent=False))
    _, shown, _ = command("report")
    assert "too few: 6 of 20" in shown
    assert "coach.silent_share" in shown
    fill(path, arm("s", 2, 1, silent=True))
    assert "2 of 20 calls with a no" in command("report")[1]


def test_the_report_of_ones_own(path: Path, command: Command) -> None:
    fill(path, said("a", 25, lambda n: wire.Parts(reason=n < 12, alternative=n < 24)), at=NINE)
    fill(path, said("b", 25, lambda _: BOTH), at=NINE + timedelta(days=10))
    code, shown, _ = command("report", "--mine", "--since", "2025-12-01", "--until", "2025-12-10")
    assert code == 0
    assert "comes easily" in shown
    assert "No to b" in shown
    assert "about as before" in next(line for line in shown.splitlines() if line.startswith("alternative"))
    assert "more often than before" in next(line for line in shown.splitlines() if line.startswith("reason"))
    code, printed, _ = command("report", "--mine", "--json", "-")
    assert OwnReview.model_validate_json(printed).calls == 0


@pytest.mark.parametrize(
    "words",
    [
        ("c", "--since", "2025-01-01"),
        ("c", "--mine"),
        ("--html", "x.html"),
        ("--csv", "x.csv"),
        ("--mine", "--team", "north"),
        ("--mine", "--since", "2025-02-01", "--until", "2025-01-01"),
        ("--since", "soon"),
    ],
)
def test_reports_that_make_no_sense(path: Path, command: Command, words: tuple[str, ...]) -> None:
    with Store.open(path) as store:
        keep(store, started(), ended())
    code, printed, line = command("report", *words)
    assert (code, printed, line.count("\n")) == (2, "", 1)
