"""Where a reader of the stream stands, and what it makes of what it reads there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voiceassist.bus.base import Entry, Gap
from voiceassist.bus.lineage import Lineage, Place
from voiceassist.bus.stream import COUNT, Row

_CURSOR = re.compile(r"\d{1,18}-\d{1,18}", re.ASCII)


class Position:
    """`at` is the cursor after which it reads on, None where a gap is due; `sure`: nothing can be missing right there.

    Begins at `cursor`, or with a gap where that is none of a stream.
    """

    def __init__(self, cursor: str | None) -> None:
        self.at = cursor if cursor is not None and _CURSOR.fullmatch(cursor) else None
        self.sure = False
        self._lineage = Lineage()

    def go_back(self, cursor: str) -> list[Gap]:
        """The gap that was due; it reads on after `cursor`."""
        self.at = cursor
        self._lineage.retell()
        return [Gap(cursor)]

    def doubt(self) -> None:
        """The line was broken: who knows what became of the stream meanwhile."""
        self.sure = False

    def take(self, rows: Sequence[Row] | None) -> list[Entry]:
        """The entries that are news among what was read at `at`, up to a gap; None: it is there already."""
        entries: list[Entry] = []
        was_sure, self.sure = self.sure, False
        if rows is None:
            self.at = None
            return entries
        for row in rows:
            self.at = row.cursor
            if row.entry is None:
                continue
            match self._lineage.place(row.entry.origin, row.number):
                case Place.NEXT:
                    entries.append(row.entry)
                case Place.AFTER_HOLE:
                    self.at = None
                    return entries
                case Place.KNOWN:
                    pass
        # It lags behind where there was as much as can be read at once; a silence may have a bad reason.
        self.sure = len(rows) < COUNT and (bool(rows) or not was_sure)
        return entries
