"""What came of many calls, as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from voiceassist.cli.summary import plain
from voiceassist.report.noes import Matter, Refusals
from voiceassist.report.own import Ease, How, OwnReview, PartHeard, WentWell
from voiceassist.report.period import Change, Effect, Period, Rate
from voiceassist.report.statistics import LEAST
from voiceassist.store.offers import Proposal

_HOW = {
    How.WELL_SAID: "with feeling, reason and a way on",
    How.MENDED: "mended by yourself",
    How.TURNED: "turned around after the nudge",
}
_EASE = {
    Ease.EASY: "comes easily",
    Ease.FORGOTTEN: "often left out",
    Ease.BETWEEN: "",
    Ease.UNKNOWN: "",
}


def overview(found: Period) -> RenderableType:
    """The calls of a period."""
    repair = "too few to tell" if found.to_repair is None else f"{found.to_repair:.1f} s (median)"
    lines = [
        Text(f"{_many(found.calls, 'call')}, {_many(found.noes, 'no')}", "bold"),
        Text(
            f"mended without a nudge {found.repaired} · turned around after it {found.recovered} · left {found.expired}"
        ),
        Text(f"left as they were: {_rate(found.unrepaired)}"),
        Text(f"from a no to what mended it: {repair}"),
    ]
    if found.unsure:
        lines.append(Text(f"not counted: {found.unsure} that may have been no noes at all", "dim"))
    return Group(*lines, Text(""), _precision(found), Text(""), *_effect(found.effect))


def _precision(found: Period) -> RenderableType:
    if not found.precision:
        return Text("Which nudges help is not known: none got a thumb.")
    table = _table("nudges that helped, by their thumbs")
    for kind in found.precision:
        table.add_row(kind.kind.replace("_", " "), _rate(kind.helpful))
    return table


def _effect(effect: Effect) -> Iterator[RenderableType]:
    if not effect.silent.calls:
        yield Text("Whether nudges change anything is not known: no call was without them (coach.silent_share).")
        return
    table = _table("noes with an alternative and a reason, while they lived")
    for name, arm in (("calls with nudges", effect.nudged), ("the silent arm", effect.silent)):
        table.add_row(name, f"{_rate(arm.mended)}, in {_many(arm.calls, 'call')}")
    yield table
    if effect.change is None:
        few = min(effect.nudged.calls_with_noes, effect.silent.calls_with_noes)
        yield Text(f"Too few to compare: {few} of {LEAST} calls with a no in one of the arms.")
        return
    yield Text(f"difference: {_points(effect.change)}", "bold")
    if effect.calls_needed is not None:
        yield Text(f"To see one like it, each arm needs {effect.calls_needed} calls (80 % power);")
    yield Text(f"one of 10 points needs {effect.calls_needed_for_ten}.")


def own(found: OwnReview) -> RenderableType:
    """One's own calls, what went well first."""
    span = f"{found.since.astimezone():%d %B} – {found.until.astimezone():%d %B %Y}"
    lines: list[RenderableType] = [Text.assemble((f"Your calls, {span}", "bold"), f"  {_many(found.calls, 'call')}")]
    if not found.noes:
        return Group(*lines, Text("Nothing had to be refused."))
    lines += [Text(""), *(_well(no) for no in found.went_well)] if found.went_well else []
    table = _table(f"what was heard in your {_many(found.noes, 'no')}")
    for part in found.parts:
        table.add_row(part.part.replace("_", "-"), _rate(part.heard), Text(_EASE[part.ease], "green"), _trend(part))
    return Group(*lines, Text(""), table)


def matters(found: Refusals) -> RenderableType:
    """What customers are refused, the most frequent first."""
    newest = "the newest " if found.more else ""
    parts: list[RenderableType] = [Text(f"{newest}{_many(found.noes, 'no')}, by what was asked", "dim")]
    for matter in found.matters:
        parts += [Text(""), *_matter(matter)]
    if found.others:
        parts += [Text(""), Text(f"{_many(found.others, 'other no')} to matters that came up more seldom", "dim")]
    return Group(*parts)


def _matter(matter: Matter) -> Iterator[RenderableType]:
    ends = f"mended {matter.repaired} · turned around {matter.recovered} · left {matter.expired}"
    calls = _many(matter.calls, "call")
    known = plain(matter.situation) if matter.situation else "not in the playbook"
    head = (f"{matter.noes:>4}  “{plain(matter.name)}”", "bold")
    yield Text.assemble(head, f"  {calls} · {ends} · ", (known, "dim" if matter.situation else "yellow"))
    for text in matter.examples:
        yield Padding(Text(f"“{plain(text)}”", "dim"), (0, 0, 0, 6))
    if matter.suggested:
        offers = " · ".join(f"{plain(offer.text)} ({offer.count})" for offer in matter.suggested)
        yield Padding(Text(f"suggested: {offers}", "cyan"), (0, 0, 0, 6))
    for words in matter.alternatives:
        yield Padding(Text(f"offered: “{plain(words)}”", "green"), (0, 0, 0, 6))


def proposals(found: Sequence[Proposal]) -> RenderableType:
    """Offers that wait for a decision."""
    table = _table("proposed for the playbook")
    for offer in found:
        asked = Text(f"for “{plain(offer.asked)}”", "dim")
        table.add_row(str(offer.number), Text(plain(offer.text), "bold"), asked, Text(plain(offer.by), "dim"))
    return table


def _well(no: WentWell) -> RenderableType:
    asked = f"they asked: “{plain(no.asked)}”  " if no.asked else ""
    day = f"{no.started_at.astimezone():%d %b}"
    return Text.assemble(("✓ ", "green"), f"“{plain(no.quote)}”  ", (f"{asked}{_HOW[no.how]}, {day}", "dim"))


def _trend(part: PartHeard) -> Text:
    if part.change is None:
        return Text("")
    if part.change.low > 0:
        return Text("more often than before", "green")
    return Text("more seldom than before" if part.change.high < 0 else "about as before", "dim")


def _rate(rate: Rate) -> str:
    if rate.share is None or rate.low is None or rate.high is None:
        return f"too few: {rate.of} of {LEAST}"
    return f"{rate.share:.0%} ({rate.low:.0%}–{rate.high:.0%}) of {rate.of}"


def _points(change: Change) -> str:
    by, low, high = (100 * share for share in (change.by, change.low, change.high))
    return f"{by:+.0f} points ({low:+.0f} to {high:+.0f})"


def _many(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun}{'es' if noun.endswith('no') else 's'}"


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_header=False)
    table.padding = (0, 3, 0, 0)
    return table
