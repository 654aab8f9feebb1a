"""Calls and the review of one, as a person reads them in a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from voiceassist.core.types import MarkKind, MomentState
from voiceassist.journal.reading import Span
from voiceassist.report.document import Breath, No, Noted, Review
from voiceassist.report.rephrase import Source
from voiceassist.report.tone import clock
from voiceassist.store.records import CallInfo, CallState

_ENDED = {CallState.ENDED: "", CallState.ON: "still on", CallState.CUT_OFF: "cut off"}
_STATE = {
    MomentState.OPEN: "open when the record ended",
    MomentState.NUDGED: "nudged when the record ended",
    MomentState.REPAIRED: "mended without a nudge",
    MomentState.RECOVERED: "turned around after the nudge",
    MomentState.EXPIRED: "left as it was",
    MomentState.WITHDRAWN: "no no at all",
}
MARK = {
    MarkKind.PARROTED: "Close to the customer's own words",
    MarkKind.INTERRUPTED: "Here you both spoke",
    MarkKind.UNACKNOWLEDGED: "Here the customer told what it means to them",
    MarkKind.RULED_OUT: "A promise to look up in the playbook",
}
_STAGES = ("asked", "words", "scores", "told", "cue", "nudge", "painted")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def plain(text: str) -> str:
    """What somebody said without what a terminal would obey: control characters, and turns of direction."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cc" and sign not in _BIDI)


def call_list(calls: Sequence[CallInfo]) -> RenderableType:
    """One line a call."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("began", "call", "agent", "lasted", "noes", "nudges", ""):
        right = heading in {"lasted", "noes", "nudges"}
        table.add_column(heading, justify="right" if right else "left", header_style="dim", overflow="fold")
    for call in calls:
        began = f"{call.started_at.astimezone():%Y-%m-%d %H:%M}"
        cells = (began, plain(call.id), plain(call.agent), clock(call.seconds), str(call.noes), str(call.nudges))
        table.add_row(*(Text(cell) for cell in cells), Text(_ENDED[call.state], "yellow"))
    return table


def span_table(spans: Sequence[Span]) -> RenderableType:
    """One line a breath: when each stage was done, in milliseconds after its last sound."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), caption="milliseconds after each breath's last sound")
    table.caption_style, table.caption_justify = "dim", "left"
    for heading in ("ended", "who", "said"):
        table.add_column(heading, header_style="dim", overflow="fold")
    for stage in _STAGES:
        table.add_column(stage, justify="right", header_style="dim")
    for span in spans:
        times = [getattr(span, stage) for stage in _STAGES]
        cells = (clock(span.offset), plain(span.channel), plain(span.text))
        table.add_row(*map(Text, cells), *("" if time is None else f"{time:.0f}" for time in times))
    return table


def summary(review: Review) -> RenderableType:
    """The whole review, praise first."""
    call = review.call
    head = Text.assemble(
        (plain(call.id), "bold"), f"  {call.started_at.astimezone():%A, %d %B %Y, %H:%M} · {clock(call.seconds)}"
    )
    return Group(*_spaced([head, *_limits(review), _praise(review), *map(_no, review.noes), *_next(review)]))


def _spaced(parts: list[RenderableType]) -> Iterator[RenderableType]:
    for part in parts:
        yield part
        yield Text("")


def _limits(review: Review) -> Iterator[RenderableType]:
    if review.limits:
        yield Text("\n".join(review.limits), "yellow")


def _praise(review: Review) -> RenderableType:
    return Text("\n".join(f"✓ {line}" for line in review.praise), "green")


def _no(no: No) -> RenderableType:
    tags = [_STATE[no.state]]
    tags += ["well said"] if no.well_said else []
    tags += ["perhaps no refusal at all"] if no.unsure else []
    lines: list[Text] = []
    if no.asked:
        lines.append(Text(f"they asked: “{plain(no.asked)}”", "dim"))
    lines += [Text(f"nudge at {clock(nudge.at)}: {nudge.text}", "cyan") for nudge in no.nudges]
    lines += [_breath(breath) for breath in no.breaths]
    lines += [Text(line) for line in ([no.order] if no.order else [])]
    for line in no.instead:
        other = plain(line.instead) + ("" if line.source is not Source.OWN else "  (your own words, later)")
        lines.append(Text.assemble(("instead of ", "dim"), f"“{plain(line.said)}”", (" say ", "dim"), (other, "bold")))
    lines += [Text(f"– {missing.text}", "dim") for missing in no.missing]
    lines += [_mark(mark) for mark in no.marks]
    head = Text.assemble(
        (f"No {no.number}", "bold"), f"  {clock(no.at)}  “{plain(no.quote)}”  ", (" · ".join(tags), "yellow")
    )
    return Group(head, Padding(Group(*lines), (0, 0, 0, 4)))


def _breath(breath: Breath) -> Text:
    names = [f"{s.step} ({s.part.replace('_', '-')})" if s.part else f"{s.step}, they finish" for s in breath.steps]
    return Text.assemble((f"{clock(breath.at):>6}  {', '.join(names)}: ", "green"), f"“{plain(breath.words)}”")


def _mark(mark: Noted) -> Text:
    quote = f"“{plain(mark.quote)}”" if mark.quote else ""  # it may not have been kept
    return Text(
        " ".join(filter(None, (f"· {clock(mark.at)} {MARK[mark.kind]}. {mark.text}", quote, plain(mark.note)))), "dim"
    )


def _next(review: Review) -> Iterator[RenderableType]:
    lines = [*(Text(f"– {line}") for line in review.next_time), *map(_mark, review.marks)]
    if lines:
        yield Group(Text("For the next call", "bold"), *lines)
