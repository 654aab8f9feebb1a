"""How far somebody has come: a small file beside the store. It holds no word that was said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from voiceassist.errors import StoreError
from voiceassist.practice.loop import Outcome

NAME = "practice.json"
_MOST_BYTES = 1 << 20

Tries = Annotated[int, Field(ge=1)]


class Standing(BaseModel, frozen=True):
    """What became of a scenario so far: how many tries, the best of them, and the day of the newest."""

    tries: Tries
    best: Outcome
    date: date


class Progress:
    """The standing of each scenario, kept in `path`; None: it is forgotten with the program.

    A file that cannot be read is passed over: `spoiled` tells so, and the next try begins it anew.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.spoiled = False
        self.standings: Mapping[str, Standing] = self._read()

    def record(self, scenario: str, outcome: Outcome, day: date) -> Standing:
        """Count a try and keep it. Raises StoreError where it cannot be written; it is counted all the same."""
        kept = {**self.standings, **self._read()}  # of two programs at once, both count
        before = kept.get(scenario)
        best = outcome if before is None else max(before.best, outcome, key=lambda one: one.rank)
        standing = Standing(tries=before.tries + 1 if before else 1, best=best, date=day)
        self.standings = {**kept, scenario: standing}
        self._write()
        return standing

    def _read(self) -> dict[str, Standing]:
        if self._path is None:
            return {}
        try:
            with self._path.open("rb") as file:
                return _STANDINGS.validate_json(file.read(_MOST_BYTES))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValidationError):
            self.spoiled = True
            return {}

    def _write(self) -> None:
        path = self._path
        if path is None:
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
                file.write(_STANDINGS.dump_json(dict(self.standings), indent=1))
            try:
                os.replace(file.name, path)  # noqa: PTH105 - the file's name is a text
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreError(f"progress cannot be kept in {path}: {error.strerror or error}") from None


_STANDINGS = TypeAdapter(dict[str, Standing])
