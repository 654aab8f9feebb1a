"""A call as a table for a spreadsheet: a row a no, and one row for a call without any."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from voiceassist.core.types import PARTS
from voiceassist.report.document import Counted, No, Review, Seconds

_CALL = ("call", "started_at", "agent", "silent_arm")
_COUNTED = tuple(Counted.model_fields)
_COLUMNS = (
    *_CALL,
    *_COUNTED,
    *("no", "at", "asked", "quote", "state", "withheld", "unsure", "noes", "well_said"),
    *PARTS,
    *("order", "missing", "nudges", "helpful", "said", "instead"),
)
# A spreadsheet takes a cell that begins so for a formula, and runs it; some read the wide signs as the plain ones. One
# that parts cells by semicolons or tabs, as many countries do, finds more beginnings within a text.
_FORMULA = re.compile(r"(^)(?=[=+@＝＋－＠\t\r\n-])|([;\t\r\n][\s\"']{0,4})(?=[=+@＝＋－＠-])")


def to_csv(review: Review) -> str:
    """The table, with a heading; parts are the seconds at which they were heard, empty where they were not.

    What belongs to the call as a whole stands in each of its rows.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    call = [review.call.id, review.call.started_at.isoformat(), review.call.agent, review.call.silent_arm]
    call += [getattr(review.counted, name, None) for name in _COUNTED]
    noes = [tuple(_row(no)) for no in review.noes] or [(None,) * (len(_COLUMNS) - len(call))]
    writer.writerows([safe(cell) for cell in (*call, *no)] for no in noes)
    return out.getvalue()


def _row(no: No) -> Iterator[object]:
    steps = [(breath.at, step) for breath in no.breaths for step in breath.steps]
    heard: dict[str, Seconds] = {step.part: at for at, step in steps if step.part is not None}
    yield from (no.number, no.at, no.asked, no.quote, no.state.value)
    yield from (no.withheld, no.unsure, no.noes, no.well_said)
    yield from (heard.get(part) for part in PARTS)
    yield " > ".join(dict.fromkeys(step.step.value for _, step in steps))
    yield " ".join(missing.part for missing in no.missing)
    yield " ".join(nudge.kind.value for nudge in no.nudges)
    yield " ".join("yes" if nudge.helpful else "no" for nudge in no.nudges if nudge.helpful is not None)
    yield " | ".join(line.said for line in no.instead)
    yield " | ".join(line.instead for line in no.instead)


def safe(cell: object) -> object:
    """A cell as a spreadsheet may read it: what it would run in a text is marked as text."""
    return _FORMULA.sub(lambda found: f"{found[0]}'", cell) if isinstance(cell, str) else cell
