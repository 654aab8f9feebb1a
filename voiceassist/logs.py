"""The log of a program that serves: a line of JSON an event, with ids and times, and never what somebody said."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TextIO

_LOGGER = logging.getLogger("voiceassist")
_FIELDS = "voiceassist_fields"


def event(name: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log that something happened; `fields` are ids, names of states and numbers."""
    _LOGGER.log(level, name, extra={_FIELDS: fields})


def trouble(name: str, **fields: object) -> None:
    """Log that something is wrong which somebody should look at."""
    event(name, level=logging.WARNING, **fields)


def write_to(stream: TextIO) -> None:
    """Write the log to this stream from now on; without that it goes nowhere."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Line())
    _LOGGER.handlers = [handler]
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = getattr(record, _FIELDS, {})
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "event": record.getMessage(), **fields}
        return json.dumps(line, ensure_ascii=False, default=str)


_LOGGER.addHandler(logging.NullHandler())
